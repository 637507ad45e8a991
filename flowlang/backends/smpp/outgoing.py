"""Short messages on their way out, without I/O: which part goes next, and what has become of each.

- A part that the SMSC throttles goes again, and all wait a little before; each time longer.
- A part that was on the wire when the connection broke may have arrived or not. It is not sent again. A
  receipt that carries our reference says that it arrived; where none comes in `Patience.doubt` seconds, the
  message is `unknown`, or, where the operator would rather have it twice than not at all, it goes again.
- A message is `sent` when the SMSC has taken all parts of it. Its id is what the SMSC calls the first.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from flowlang.backends.backoff import Backoff
from flowlang.backends.border import nothing
from flowlang.backends.on_wire import OnWire
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome

from .receipts import Receipt
from .text import Part

_BUSY = frozenset({0x08, 0x14, 0x58})  # ESME_RSYSERR, ESME_RMSGQFUL, ESME_RTHROTTLED (§5.1.3)
_MOST_REPORTED = 100_000
"""Parts whose receipts we wait for; a receipt for an older one is told under the id that it has."""


@dataclass(frozen=True, slots=True)
class Patience(Backoff):
    """In seconds: the waits after a throttle; how long a message may wait in all; and how long a receipt may
    take to dispel a doubt. `resend`: what is still in doubt then goes again, for an SMSC of which the
    operator knows that its receipts carry our reference and come in that time."""

    first: float = 0.25
    longest: float = 30.0
    give_up: float = 600.0
    doubt: float = 30.0
    resend: bool = False


@dataclass(slots=True, eq=False)
class Message:
    """`to` and `source` are addresses without scheme, `key` is its command's. `finish` is called once;
    `why_not` is asked before each part."""

    key: str
    to: str
    source: str
    parts: tuple[Part, ...]
    finish: Callable[[Result], None]
    since: float
    ids: list[str | None] = field(default_factory=list["str | None"])
    unknown: bool = False
    over: bool = False
    why_not: Callable[[], str | None] = nothing
    begun: bool = False
    statuses: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.ids = [None] * len(self.parts)


@dataclass(slots=True, eq=False)
class Send:
    """One part of a message. `reference` is what receipts may call it."""

    message: Message
    number: int
    reference: int


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the engine: `message` is the id of the outcome `sent`."""

    message: str
    status: str
    reason: str | None


class Outgoing:
    """`chance` is for jitter; `on_wire` remembers what may have arrived across a crash."""

    def __init__(self, patience: Patience, chance: Random, on_wire: OnWire | None = None) -> None:
        self._on_wire = on_wire or OnWire()
        self._patience = patience
        self._chance = chance
        self._queue: deque[Send] = deque()
        self._flying: dict[int, Send] = {}
        self._doubtful: OrderedDict[tuple[str, int], tuple[Send, float]] = OrderedDict()
        self._reported: OrderedDict[str, Message] = OrderedDict()
        self._throttled = 0
        self._not_before = 0.0
        self._reference = chance.randrange(0x10000)
        self.open = 0

    def add(self, message: Message) -> Callable[[], None]:
        """One more; what it returns withdraws what of it is not on the wire."""
        self.open += 1
        for number in range(len(message.parts)):
            self._reference = (self._reference + 1) & 0xFFFF
            self._queue.append(Send(message, number, self._reference))

        def withdraw() -> None:
            flying = any(each.message is message for each in self._flying.values())
            if not flying and not message.over and not any(message.ids):
                self._fail(message, "cancelled", "")

        return withdraw

    def next(self, now: float) -> Send | None:
        """The part to submit now."""
        if now < self._not_before:
            return None
        while self._queue:
            send = self._queue.popleft()
            if send.message.over:
                continue
            why_not = send.message.why_not()
            if why_not is None:
                return send
            self._fail(send.message, why_not, "")
        return None

    def next_deadline(self, *, room: bool = False) -> float:
        """When `tick` has something to do, or, with `room` for one more, `next`."""
        deadlines: list[float] = []
        if self._queue:
            deadlines.append(self._queue[0].message.since + self._patience.give_up)
            if room:
                deadlines.append(self._not_before)
        if self._doubtful:
            deadlines.append(next(iter(self._doubtful.values()))[1])
        return min(deadlines, default=float("inf"))

    def submitted(self, send: Send, sequence: int) -> None:
        """It is on the wire as soon as the session's output is."""
        if not send.message.begun:
            send.message.begun = True
            self._on_wire.begin(send.message.key)
        self._flying[sequence] = send

    def unsendable(self, send: Send) -> None:
        """A field of it cannot stand in a PDU."""
        self._fail(send.message, "rejected", "a field cannot stand in a short message")

    def answered(self, sequence: int, status: int, message_id: str, now: float) -> list[Report]:
        """What the SMSC said to a part."""
        send = self._flying.pop(sequence, None)
        if send is None:
            return []
        message = send.message
        if status in _BUSY:
            self._throttled += 1
            wait = self._patience.wait(self._throttled, self._chance.random())
            self._not_before = max(self._not_before, now + wait)
            self._queue.appendleft(send)
            if len(message.parts) == 1:
                message.begun = False
                self._on_wire.undo(message.key)
            return []
        self._throttled = 0
        if status:
            if not any(message.ids):
                self._on_wire.undo(message.key)
            self._fail(message, "rejected", f"the SMSC says 0x{status:08x}")
            return []
        return self._arrived(send, message_id)

    def lost(self, now: float) -> None:
        """The connection broke: what was on the wire is in doubt."""
        for send in self._flying.values():
            key = send.message.to.lstrip("+"), send.reference
            self._doubtful[key] = (send, now + self._patience.doubt)
        self._flying.clear()
        self._throttled, self._not_before = 0, 0.0

    def receipt(self, receipt: Receipt) -> list[Report]:
        """What the SMSC tells of a part."""
        reports: list[Report] = []
        if receipt.reference is not None and receipt.message_id not in self._reported:
            doubtful = self._doubtful.pop((receipt.to, receipt.reference), None)
            if doubtful is not None:
                reports += self._arrived(doubtful[0], receipt.message_id)
        if receipt.status is None:
            return reports
        message = self._reported.pop(receipt.message_id, None)
        if message is None:
            return [*reports, Report(receipt.message_id, receipt.status, receipt.reason)]
        message.statuses[receipt.message_id] = receipt.status
        return [*reports, *self._told(message, receipt.reason)]

    def tick(self, now: float) -> None:
        """Time has passed: gives up what waited too long, and doubts that nothing dispels."""
        while self._doubtful:
            key, (send, until) = next(iter(self._doubtful.items()))
            if now < until:
                break
            del self._doubtful[key]
            if self._patience.resend:
                self._queue.append(send)
                continue
            send.message.unknown = True
            self._look_at(send.message)
        while self._queue:
            message = self._queue[0].message
            if not message.over and now < message.since + self._patience.give_up:
                break
            self._queue.popleft()
            if not message.over:
                self._fail(message, "carrier_down", "the SMSC did not take it in time")

    def _arrived(self, send: Send, message_id: str) -> list[Report]:
        message = send.message
        message.ids[send.number] = message_id
        if message_id:
            self._reported[message_id] = message
            if len(self._reported) > _MOST_REPORTED:
                self._reported.popitem(last=False)
        return self._look_at(message)

    def _look_at(self, message: Message) -> list[Report]:
        """Whether it is over now."""
        if message.over:
            return []
        if message.unknown:
            self._over(message, Done(Outcome("unknown", {})))
        elif all(each is not None for each in message.ids):
            self._over(message, Done(Outcome("sent", {"id": message.ids[0]})))
            return self._told(message, None)
        return []

    def _told(self, message: Message, reason: str | None) -> list[Report]:
        """What its receipts make of it: failed with the first part that did, delivered with the last."""
        first = message.ids[0]
        if not message.over or message.unknown or first is None:
            return []
        statuses = list(message.statuses.values())
        if "failed" in statuses:
            if statuses.count("failed") == 1 and statuses[-1] == "failed":
                return [Report(first, "failed", reason)]
        elif len(statuses) == len(message.parts):
            return [Report(first, "delivered", None)]
        return []

    def _fail(self, message: Message, reason: str, detail: str) -> None:
        if not message.over:
            self._over(message, Done(Outcome("failed", {"reason": reason, "detail": detail})))

    def _over(self, message: Message, result: Result) -> None:
        message.over = True
        self.open -= 1
        message.finish(result)
