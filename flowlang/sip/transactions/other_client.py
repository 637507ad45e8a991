"""Non-INVITE client transaction: RFC 3261 §17.1.2.

trying --1xx--> proceeding --final--> completed --K--> terminated
   \\--------------final------------/       (F from both waiting states: terminated)
"""

from __future__ import annotations

from typing import ClassVar

from flowlang.sip.message import Message
from flowlang.sip.transactions.client import ClientTransaction
from flowlang.sip.transactions.machine import Table

_FINAL = ("_stop_all", "_start_k", "_pass", "_forget")


class OtherClient(ClientTransaction):
    """Retransmits until a final response, at T2 once a provisional has come."""

    __slots__ = ()

    KIND: ClassVar[str] = "non-invite client"
    TABLE: ClassVar[Table] = {
        ("trying", "E"): ("trying", ("_resend", "_restart_e")),
        ("trying", "F"): ("terminated", ("_timeout",)),
        ("trying", "unreachable"): ("terminated", ("_timeout",)),
        ("trying", "1xx"): ("proceeding", ("_pass",)),
        ("trying", "2xx"): ("completed", _FINAL),
        ("trying", "3-6xx"): ("completed", _FINAL),
        ("proceeding", "E"): ("proceeding", ("_resend", "_restart_e_slow")),
        ("proceeding", "F"): ("terminated", ("_timeout",)),
        ("proceeding", "1xx"): ("proceeding", ("_pass",)),
        ("proceeding", "2xx"): ("completed", _FINAL),
        ("proceeding", "3-6xx"): ("completed", _FINAL),
        ("completed", "K"): ("terminated", ()),
    }

    def _begin_timers(self, now: float) -> None:
        if not self.destination.reliable:
            self._start_doubling("E", now)
        self._start("F", self.host.settings.lifetime, now)

    # Actions

    def _restart_e(self, message: Message | None, now: float) -> None:
        self._restart_doubled("E", now, self.host.settings.longest_interval)

    def _restart_e_slow(self, message: Message | None, now: float) -> None:
        self._start("E", self.host.settings.longest_interval, now)

    def _start_k(self, message: Message | None, now: float) -> None:
        self._start("K", self._wait(self.host.settings.network_life), now)
