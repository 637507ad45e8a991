"""Reliable provisional responses (RFC 3262): 18x with an RSeq, acknowledged by PRACK.

Rules: as the caller we acknowledge each once, in order, whoever sends it. As the callee we send them reliably
where the caller requires it and not otherwise, one at a time: it is repeated until its PRACK, and after 64*T1
without one the call is refused. A 200 waits for the PRACK of what came before it (§3).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import parse_number
from flowlang.sip.message import Message, Request, Response
from flowlang.sip.services import AgentServices
from flowlang.sip.timers import Timer
from flowlang.sip.transactions import ServerTransaction

TAG = "100rel"
_HIGHEST = 2**31 - 1  # §3: a first RSeq is below that
_MAX_NUMBER = 2**32 - 1


def required(message: Message) -> bool:
    """Whether its sender requires reliability, or a response is reliable."""
    return TAG in [each.lower() for each in message.members("Require")]


def number_of(response: Response) -> int | None:
    """The RSeq of a reliable provisional response."""
    if not required(response):
        return None
    try:
        return parse_number(response.get("RSeq") or "", _MAX_NUMBER)
    except SipSyntaxError:
        return None


class Reliable:
    """Those of one incoming call. `failed(now)` is called where one is never acknowledged."""

    def __init__(
        self, agent: AgentServices, transaction: ServerTransaction, cseq: int, failed: Callable[[float], None]
    ) -> None:
        self._agent = agent
        self._transaction = transaction
        self._cseq = cseq
        self._failed = failed
        self._number = 1 + agent.random(_HIGHEST - 1)
        self._waiting: deque[Response] = deque()
        self._sent: Response | None = None
        self._timer: Timer | None = None
        self._interval = 0.0
        self._deadline = 0.0
        self._then: Callable[[float], None] | None = None

    def send(self, response: Response, now: float) -> None:
        """Send it, behind those that wait for their PRACK."""
        response.extend([("Require", TAG), ("RSeq", str(self._number))])
        self._number += 1
        self._waiting.append(response)
        self._go_on(now)

    def when_acknowledged(self, then: Callable[[float], None], now: float) -> None:
        """Do this when nothing waits for its PRACK: at once, maybe."""
        if self._sent is None:
            then(now)
        else:
            self._then = then

    @property
    def holds_back(self) -> bool:
        """Whether something waits for a PRACK with `when_acknowledged`."""
        return self._then is not None

    def acknowledge(self, prack: Request, now: float) -> Response | None:
        """Take a PRACK: gives the response that it is for, `None` for one of nothing that waits."""
        sent = self._sent
        if sent is None or (prack.get("RAck") or "").split() != [
            sent.get("RSeq"),
            str(self._cseq),
            "INVITE",
        ]:
            return None
        self._sent = None
        self._stop()
        self._go_on(now)
        return sent

    def acknowledged(self, now: float) -> None:
        """The PRACK has had its answer."""
        if self._sent is None and self._then is not None:
            then, self._then = self._then, None
            then(now)

    def end(self) -> None:
        """The call was answered or refused."""
        self._sent = self._then = None
        self._waiting.clear()
        self._stop()

    def _go_on(self, now: float) -> None:
        if self._sent is None and self._waiting:
            self._sent = self._waiting.popleft()
            self._interval = self._agent.settings.t1
            self._deadline = now + self._agent.settings.lifetime
            self._repeat(now)

    def _repeat(self, now: float) -> None:
        if self._sent is None:
            return
        if now >= self._deadline:
            self.end()
            self._failed(now)
            return
        self._transaction.respond(self._sent, now)
        at = min(now + self._interval, self._deadline)
        self._interval *= 2  # §3: no limit here
        self._timer = self._agent.timers.schedule(at, self._repeat)

    def _stop(self) -> None:
        if self._timer is not None:
            self._agent.timers.cancel(self._timer)
            self._timer = None
