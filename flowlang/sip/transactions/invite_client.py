"""INVITE client transaction: RFC 3261 §17.1.1 with the accepted state of RFC 6026 §7.2.

calling --1xx--> proceeding --2xx--> accepted --M--> terminated
   \\                \\-------3-6xx--> completed --D--> terminated
    \\--B--> terminated          (2xx and 3-6xx likewise from calling)

Timer C is the proxy's (§16.6 step 11, §16.8): whoever rings says so again every minute (§13.3.1.1), so that
nobody is there any more who is silent for longer.
"""

from __future__ import annotations

from typing import ClassVar

from flowlang.sip.message import Headers, Message, Request, Response
from flowlang.sip.transactions.client import ClientTransaction
from flowlang.sip.transactions.machine import Table


class InviteClient(ClientTransaction):
    """Acknowledges refusals itself; passes every 2xx to its user, who acknowledges those."""

    __slots__ = ()

    KIND: ClassVar[str] = "invite client"
    TABLE: ClassVar[Table] = {
        ("calling", "A"): ("calling", ("_resend", "_restart_a")),
        ("calling", "B"): ("terminated", ("_timeout",)),
        ("calling", "unreachable"): ("terminated", ("_timeout",)),
        ("calling", "1xx"): ("proceeding", ("_stop_all", "_start_c", "_pass")),
        ("calling", "2xx"): ("accepted", ("_stop_all", "_start_m", "_pass")),
        ("calling", "3-6xx"): ("completed", ("_stop_all", "_acknowledge", "_start_d", "_pass")),
        ("proceeding", "1xx"): ("proceeding", ("_start_c", "_pass")),
        ("proceeding", "C"): ("proceeding", ("_expect_final", "_timeout")),
        ("proceeding", "2xx"): ("accepted", ("_stop_all", "_start_m", "_pass")),
        ("proceeding", "3-6xx"): ("completed", ("_stop_all", "_acknowledge", "_start_d", "_pass")),
        ("proceeding", "cancelled"): ("terminated", ("_timeout",)),
        ("completed", "3-6xx"): ("completed", ("_acknowledge",)),
        ("completed", "D"): ("terminated", ()),
        ("accepted", "2xx"): ("accepted", ("_pass",)),
        ("accepted", "M"): ("terminated", ()),
    }

    def _begin_timers(self, now: float) -> None:
        if not self.destination.reliable:
            self._start_doubling("A", now)
        self._start("B", self.host.settings.lifetime, now)

    # Actions

    def _restart_a(self, message: Message | None, now: float) -> None:
        self._restart_doubled("A", now)  # no T2 here: §17.1.1.2

    def _start_d(self, message: Message | None, now: float) -> None:
        self._start("D", self._wait(self.host.settings.lifetime), now)

    def _start_c(self, message: Message | None, now: float) -> None:
        if "cancelled" in self._timers:
            return
        running = self._timers.pop("C", None)
        if running is not None:
            self.host.timers.cancel(running)
        self._start("C", self.host.settings.longest_ringing, now)

    def _expect_final(self, message: Message | None, now: float) -> None:
        self.expect_final(now)

    def _start_m(self, message: Message | None, now: float) -> None:
        self._start("M", self.host.settings.lifetime, now)

    def _acknowledge(self, message: Message | None, now: float) -> None:
        assert isinstance(message, Response)  # rows with this action have a response for input
        assert self.request is not None  # only what has no ACK forgets it
        ack = ack_of_refusal(self.request, message)
        self.host.send(ack.encode(), self.destination, self.local)


def ack_of_refusal(invite: Request, response: Response) -> Request:
    """The ACK for a 3xx to 6xx: RFC 3261 §17.1.1.3."""
    source = invite.headers
    headers: Headers = {
        "Via": source["Via"][:1],
        "From": source["From"],
        "To": response.headers["To"],
        "Call-ID": source["Call-ID"],
        "CSeq": [f"{invite.cseq.number} ACK"],
        "Max-Forwards": ["70"],
    }
    if "Route" in source:
        headers["Route"] = source["Route"]
    return Request("ACK", invite.uri, headers)
