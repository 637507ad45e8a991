"""INVITE server transaction: RFC 3261 §17.2.1 with the accepted state of RFC 6026 §7.1.

The 100 that quenches retransmissions waits a little for the user's response, which makes it needless; who
repeats the request gets it at once. T is that wait.

proceeding --2xx--> accepted --L--> terminated
    \\-------3-6xx--> completed --ACK--> confirmed --I--> terminated
                          \\--H--> terminated
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from flowlang.sip.address import Address
from flowlang.sip.message import Message, Request, Response
from flowlang.sip.transactions.machine import Table, TransactionHost
from flowlang.sip.transactions.server import ServerTransaction


class InviteServer(ServerTransaction):
    """Holds a refusal until its ACK; leaves the retransmission of a 2xx to its user."""

    __slots__ = ("_trying",)

    KIND: ClassVar[str] = "invite server"
    TABLE: ClassVar[Table] = {
        ("proceeding", "T"): ("proceeding", ("_try",)),
        ("proceeding", "request"): ("proceeding", ("_try_or_resend",)),
        ("proceeding", "1xx"): ("proceeding", ("_no_try", "_send")),
        ("proceeding", "2xx"): ("accepted", ("_no_try", "_send", "_forget", "_start_l")),
        ("proceeding", "3-6xx"): ("completed", ("_no_try", "_send", "_start_g", "_start_h")),
        ("completed", "request"): ("completed", ("_resend",)),
        ("completed", "G"): ("completed", ("_resend", "_restart_g")),
        ("completed", "H"): ("terminated", ("_unacknowledged",)),
        ("completed", "ack"): ("confirmed", ("_stop_all", "_start_i")),
        ("confirmed", "I"): ("terminated", ()),
        ("accepted", "ack"): ("accepted", ("_pass_ack",)),
        ("accepted", "2xx"): ("accepted", ("_send", "_forget")),
        ("accepted", "L"): ("terminated", ()),
    }

    def __init__(
        self,
        host: TransactionHost,
        key: tuple[str, ...],
        origin: tuple[str, ...],
        destination: Address,
        local: Address,
        to_tag: str,
    ) -> None:
        super().__init__(host, key, origin, "proceeding", destination, local, to_tag)
        self._trying: Callable[[], Response] | None = None

    def try_later(self, trying: Callable[[], Response], now: float) -> None:
        """The 100 is sent when its time has come, unless the user responds before."""
        self._trying = trying
        after = self.host.settings.trying_after
        if after > 0:
            self._start("T", after, now)
        else:
            self._try(None, now)

    def _try(self, message: Message | None, now: float) -> None:
        if self._trying is not None:
            self.respond(self._trying(), now)

    def _no_try(self, message: Message | None, now: float) -> None:
        self._trying = None
        self._stop_all(message, now)

    def _try_or_resend(self, message: Message | None, now: float) -> None:
        if self._trying is not None:
            self._try(message, now)
        else:
            self._resend(message, now)

    def _forget(self, message: Message | None, now: float) -> None:
        self._last, self._printed = None, b""  # the user core retransmits a 2xx

    def _start_g(self, message: Message | None, now: float) -> None:
        if not self.destination.reliable:
            self._start_doubling("G", now)

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
