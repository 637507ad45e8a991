"""What the two server machines share: responding, repeating the last response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from flowlang.sip.address import Address
from flowlang.sip.message import Message, Request, Response
from flowlang.sip.transactions.machine import State, Transaction, TransactionHost, kind_of


class ServerUser(Protocol):
    """Whom an INVITE server transaction tells what it may not swallow."""

    def on_ack(self, ack: Request, now: float) -> None:
        """An ACK came inside an accepted transaction (RFC 6026 §7.1)."""
        ...

    def on_unacknowledged(self, now: float) -> None:
        """No ACK came for a refusal within 64*T1 (timer H)."""
        ...


class ServerTransaction(Transaction):
    """A server transaction. It keeps the last response and no request, so that the many that wait for the end
    of their time cost little. `origin` is what merged requests share (§8.2.2.2)."""

    __slots__ = ("_last", "_printed", "origin", "to_tag", "user")

    def __init__(
        self,
        host: TransactionHost,
        key: tuple[str, ...],
        origin: tuple[str, ...],
        state: State,
        destination: Address,
        local: Address,
        to_tag: str,
    ) -> None:
        super().__init__(host, key, state, destination, local)
        self.origin = origin
        self.to_tag = to_tag
        self.user: ServerUser | None = None
        self._printed = b""
        self._last: bytes | None = None

    def respond(self, response: Response, now: float) -> None:
        """Send `response` as the state allows: never a provisional after a final, never a second refusal.

        ValueError, and no change of state, if the response cannot be printed.
        """
        self._printed = response.encode()
        self.feed(kind_of(response.status), response, now)

    def try_later(self, trying: Callable[[], Response], now: float) -> None:
        """Send this 100 at once, or as the machine has it."""
        self.respond(trying(), now)

    def receive(self, request: Request, now: float) -> None:
        """A request that matched: a retransmission, or the ACK."""
        self.feed("ack" if request.method == "ACK" else "request", request, now)

    # Actions

    def _send(self, message: Message | None, now: float) -> None:
        self._last = self._printed
        self.host.send(self._last, self.destination, self.local)

    def _resend(self, message: Message | None, now: float) -> None:
        if self._last is not None:
            self.host.send(self._last, self.destination, self.local)
