"""A proxy that forks without a word of its own (RFC 3261 §16.7): provisional responses and 2xx go back as
they come, of refusals one, when all have refused; an ACK of a refusal is the proxy's own business.
"""

from __future__ import annotations

from collections.abc import Callable

from flowlang.sip.address import Address
from flowlang.sip.message import Request, Response
from flowlang.sip.parse import parse_datagram

Sender = Callable[[bytes, Address, Address], None]
"""What, from where, to whom."""


class ForkingProxy:
    """`send` is subject to the network; `tell` is not, so that the proxy need not say anything again."""

    def __init__(
        self, here: Address, caller: Address, callees: list[Address], send: Sender, tell: Sender
    ) -> None:
        self._here = here
        self._caller = caller
        self._callees = callees
        self._send = send
        self._tell = tell
        self._refused: dict[Address, bytes] = {}
        self._invite: Request | None = None
        self._over = False

    def receive(self, data: bytes, source: Address, local: Address, now: float) -> None:
        """From the caller to all, from a callee to the caller."""
        message = parse_datagram(data)
        if isinstance(message, Response):
            self._respond(message, data, source)
        elif message.method != "ACK":
            if message.method == "INVITE":
                self._invite = message
            for callee in self._callees:
                self._send(data, self._here, callee)

    def tick(self, now: float) -> None:
        """It has no clock."""

    def next_deadline(self) -> float | None:
        return None

    def _respond(self, response: Response, data: bytes, callee: Address) -> None:
        if response.cseq.method != "INVITE" or response.status < 300:
            self._over |= response.cseq.method == "INVITE" and response.status >= 200
            self._send(data, self._here, self._caller)
            return
        assert self._invite is not None  # what it answers
        self._send(self._ack(self._invite, response), self._here, callee)
        self._refused[callee] = data
        if len(self._refused) == len(self._callees) and not self._over:
            self._over = True
            self._tell(data, self._here, self._caller)

    @staticmethod
    def _ack(invite: Request, response: Response) -> bytes:
        """The ACK of a refusal (§17.1.1.3)."""
        kept = {name: invite.headers[name] for name in ("Via", "From", "Call-ID", "Max-Forwards")}
        to, number = response.headers["To"], invite.cseq.number
        return Request("ACK", invite.uri, {**kept, "To": to, "CSeq": [f"{number} ACK"]}).encode()
