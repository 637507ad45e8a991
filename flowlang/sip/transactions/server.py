"""What the two server machines share: responding, repeating the last response."""

from __future__ import annotations

from typing import Protocol

from flowlang.sip.address import Address
from flowlang.sip.message import Message, Request, Response
from flowlang.sip.transactions.machine import Host, State, Transaction, kind_of


class ServerUser(Protocol):
    """Whom an INVITE server transaction tells what it may not swallow."""

    def on_ack(self, ack: Request, now: float) -> None:
        """An ACK came inside an accepted transaction (RFC 6026 §7.1)."""
        ...

    def on_unacknowledged(self, now: float) -> None:
        """No ACK came for a refusal within 64*T1 (timer H)."""
        ...


class ServerTransaction(Transaction):
    """A server transaction; `request` is the one that made it."""

    __slots__ = ("_last", "_last_message", "_printed", "request", "to_tag", "user")

    def __init__(
        self,
        host: Host,
        key: tuple[str, ...],
        state: State,
        request: Request,
        destination: Address,
        local: Address,
        to_tag: str,
    ) -> None:
        super().__init__(host, key, state, destination, local)
        self.request = request
        self.to_tag = to_tag
        self.user: ServerUser | None = None
        self._printed = b""
        self._last: bytes | None = None
        self._last_message: Response | None = None

    @property
    def answered(self) -> bool:
        """True once a final response has been given."""
        return self.state not in ("trying", "proceeding")

    def respond(self, response: Response, now: float) -> None:
        """Send `response` as the state allows: never a provisional after a final, never a second refusal.

        ValueError, and no change of state, if the response cannot be printed.
        """
        self._printed = response.encode()
        self.feed(kind_of(response.status), response, now)

    def receive(self, request: Request, now: float) -> None:
        """A request that matched: a retransmission, or the ACK."""
        self.feed("ack" if request.method == "ACK" else "request", request, now)

    # Actions

    def _send(self, message: Message | None, now: float) -> None:
        assert isinstance(message, Response)  # noqa: S101 - rows with this action have a response for input
        self._last = self._printed
        self._last_message = message
        self.host.send(self._last, self.destination, self.local, message)

    def _resend(self, message: Message | None, now: float) -> None:
        if self._last is not None:
            self.host.send(self._last, self.destination, self.local, self._last_message)
