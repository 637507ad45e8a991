"""A 2xx to an INVITE, repeated by the core until its ACK, on any transport (RFC 3261 §13.3.1.4)."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.sip.message import Response
from flowlang.sip.timers import Timer
from flowlang.sip.transactions.machine import TransactionHost
from flowlang.sip.transactions.server import ServerTransaction


class AwaitedAck:
    """Sends the 2xx after T1, 2*T1, ... up to every T2; after 64*T1 without its ACK it calls `lost(now)`."""

    __slots__ = (
        "_deadline", "_due", "_host", "_interval", "_lost", "_response", "_timer", "_transaction", "offered",
    )  # fmt: skip

    def __init__(
        self,
        host: TransactionHost,
        transaction: ServerTransaction,
        response: Response,
        offered: bool,
        lost: Callable[[float], None],
        now: float,
    ) -> None:
        self.offered = offered
        """True if the 2xx carried an offer of ours, whose answer comes in the ACK."""
        self._host = host
        self._transaction = transaction
        self._response = response
        self._lost = lost
        self._interval = host.settings.t1
        self._deadline = now + host.settings.lifetime
        self._due = min(now + self._interval, self._deadline)
        self._timer: Timer = host.timers.schedule(self._due, self._expire)

    def acknowledge(self) -> None:
        """The ACK came, or nobody waits for it any more."""
        self._transaction.user = None  # it lives on for 64*T1, its call need not
        self._host.timers.cancel(self._timer)

    def _expire(self, now: float) -> None:
        if now >= self._deadline:
            self._lost(now)
            return
        self._transaction.respond(self._response, now)
        self._interval = min(2 * self._interval, self._host.settings.longest_interval)
        # From when it was due, not from when it was our turn: being late now and then does not add up.
        self._due = min(max(self._due + self._interval, now), self._deadline)
        self._timer = self._host.timers.schedule(self._due, self._expire)
