"""What the two client machines share: the request, its retransmission, whom to tell."""

from __future__ import annotations

from typing import Protocol

from flowlang.sip.address import Address
from flowlang.sip.message import Message, Request, Response
from flowlang.sip.transactions.machine import State, Transaction, TransactionHost, kind_of

Way = tuple[Address, Address]
"""A destination, and the address of ours that faces it."""

LARGEST_DATAGRAM = 1_300  # bytes, §18.1.1: where nobody knows what the path takes


class ClientUser(Protocol):
    """Who sent the request."""

    def on_response(self, response: Response, now: float) -> None:
        """A response, each provisional and every 2xx to INVITE included."""
        ...

    def on_timeout(self, now: float) -> None:
        """No final response came: to be treated as 408 (RFC 3261 §8.1.3.1)."""
        ...


class _Nobody:
    """Whoever sent a request that has its final answer."""

    __slots__ = ()

    def on_response(self, response: Response, now: float) -> None:
        pass

    def on_timeout(self, now: float) -> None:
        pass


_NOBODY = _Nobody()


class ClientTransaction(Transaction):
    """A client transaction; `request` is what it sends, `None` once it needs no more than its key."""

    __slots__ = ("_data", "_instead", "request", "user")

    def __init__(
        self,
        host: TransactionHost,
        key: tuple[str, ...],
        state: State,
        request: Request,
        destination: Address,
        local: Address,
        user: ClientUser,
    ) -> None:
        super().__init__(host, key, state, destination, local)
        self.request: Request | None = request
        self.user = user
        self._data = request.encode()
        self._instead: Way | None = None

    def begin(self, now: float) -> None:
        """Send the request and start the timers. One that is too large for a datagram goes by a stream, where
        there is one (§18.1.1)."""
        if self.destination.transport == "udp" and len(self._data) > LARGEST_DATAGRAM:
            streamed = self.host.by_stream(self.destination, self.local)
            if streamed is not None:
                self._instead = (self.destination, self.local)
                self._take(streamed)
        self._resend(None, now)
        self._begin_timers(now)

    def receive(self, response: Response, now: float) -> None:
        """A response that matched."""
        self.feed(kind_of(response.status), response, now)

    def unreachable(self, now: float) -> None:
        """The transport could not deliver (§18.4). What went by a stream for its size alone is sent as a
        datagram then; anything else is over, as if nobody had answered (§8.1.3.1)."""
        if self._instead is not None and self.state in ("calling", "trying"):
            self._stop_all(None, now)
            self._take(self._instead)
            self._instead = None
            self._resend(None, now)
            self._begin_timers(now)
            return
        self.feed("unreachable", None, now)

    def _take(self, way: Way) -> None:
        self.destination, self.local = way
        assert self.request is not None  # nothing was answered yet
        via = self.request.via
        via.transport, via.port = self.local.transport.upper(), self.local.port
        self.request.set_top_via(via)
        self._data = self.request.encode()

    def expect_final(self, now: float) -> None:
        """A CANCEL went out: without a final response in 64*T1 the transaction is over (RFC 3261 §9.1)."""
        if "cancelled" not in self._timers:
            self._start("cancelled", self.host.settings.lifetime, now)

    def _begin_timers(self, now: float) -> None:
        raise NotImplementedError

    # Actions

    def _resend(self, message: Message | None, now: float) -> None:
        self.host.send(self._data, self.destination, self.local)

    def _pass(self, message: Message | None, now: float) -> None:
        assert isinstance(message, Response)  # rows with this action have a response for input
        self.user.on_response(message, now)

    def _forget(self, message: Message | None, now: float) -> None:
        # Those that only wait for stray answers are many: they hold neither their request nor its call.
        self.request, self.user, self._data = None, _NOBODY, b""

    def _timeout(self, message: Message | None, now: float) -> None:
        self.user.on_timeout(now)
