"""INVITE server transaction: RFC 3261 §17.2.1 with the accepted state of RFC 6026 §7.1.

proceeding --2xx--> accepted --L--> terminated
    \\-------3-6xx--> completed --ACK--> confirmed --I--> terminated
                          \\--H--> terminated
"""

from __future__ import annotations

from typing import ClassVar

from flowlang.sip.message import Message, Request
from flowlang.sip.transactions.machine import Table
from flowlang.sip.transactions.server import ServerTransaction


class InviteServer(ServerTransaction):
    """Holds a refusal until its ACK; leaves the retransmission of a 2xx to its user."""

    __slots__ = ()

    KIND: ClassVar[str] = "invite server"
    TABLE: ClassVar[Table] = {
        ("proceeding", "request"): ("proceeding", ("_resend",)),
        ("proceeding", "1xx"): ("proceeding", ("_send",)),
        ("proceeding", "2xx"): ("accepted", ("_send", "_forget", "_start_l")),
        ("proceeding", "3-6xx"): ("completed", ("_send", "_start_g", "_start_h")),
        ("completed", "request"): ("completed", ("_resend",)),
        ("completed", "G"): ("completed", ("_resend", "_restart_g")),
        ("completed", "H"): ("terminated", ("_unacknowledged",)),
        ("completed", "ack"): ("confirmed", ("_stop_all", "_start_i")),
        ("confirmed", "I"): ("terminated", ()),
        ("accepted", "ack"): ("accepted", ("_pass_ack",)),
        ("accepted", "2xx"): ("accepted", ("_send", "_forget")),
        ("accepted", "L"): ("terminated", ()),
    }

    def _forget(self, message: Message | None, now: float) -> None:
        self._last = None  # the user core retransmits a 2xx

    def _start_g(self, message: Message | None, now: float) -> None:
        if not self.destination.reliable:
            self._start("G", self.host.settings.t1, now)

    def _restart_g(self, message: Message | None, now: float) -> None:
        self._restart_doubled("G", now, self.host.settings.longest_interval)

    def _start_h(self, message: Message | None, now: float) -> None:
        self._start("H", self.host.settings.lifetime, now)

    def _start_i(self, message: Message | None, now: float) -> None:
        self._start("I", self._wait(self.host.settings.network_life), now)

    def _start_l(self, message: Message | None, now: float) -> None:
        self._start("L", self.host.settings.lifetime, now)

    def _pass_ack(self, message: Message | None, now: float) -> None:
        if self.user is not None and isinstance(message, Request):
            self.user.on_ack(message, now)

    def _unacknowledged(self, message: Message | None, now: float) -> None:
        if self.user is not None:
            self.user.on_unacknowledged(now)
