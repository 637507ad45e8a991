"""Short messages on their way out, without I/O: which part goes next, and what has become of each.

- A part that the SMSC throttles goes again, and all wait a little before; each time longer.
- A part that was on the wire when the connection broke may have arrived or not. It is not sent again. A
  receipt that carries our reference says that it arrived; where none comes in `Patience.doubt` seconds, the
  message is `unknown`, or, where the operator would rather have it twice than not at all, it goes again.
- A message is `sent` when the SMSC has taken all parts of it. Its id is what the SMSC calls the first.
- A receipt may come before the answer that names its part: it waits for that while a message is in parts.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from random import Random

from flowlang.backends.backoff import Backoff
from flowlang.backends.border import nothing
from flowlang.backends.on_wire import OnWire
from flowlang.model.results import Done, Result, failed
from flowlang.model.values import Outcome

from .deliveries import Deliveries, Report
from .receipts import Receipt
from .text import Part

_BUSY = frozenset({0x14, 0x58})  # ESME_RMSGQFUL, ESME_RTHROTTLED (§5.1.3)
_SYSTEM_ERROR = 0x08  # ESME_RSYSERR: something broke there, before it took the part or after
_MOST_EARLY = 10_000


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

    def __post_init__(self) -> None:
        self.ids = [None] * len(self.parts)


@dataclass(slots=True, eq=False)
class Send:
    """One part of a message. `reference` is what receipts may call it."""

    message: Message
    number: int
    reference: int


class Outgoing:
    """`chance` is for jitter; `on_wire` remembers across a crash what may have arrived, `deliveries` what
    has."""

    def __init__(
        self,
        patience: Patience,
        chance: Random,
        on_wire: OnWire | None = None,
        deliveries: Deliveries | None = None,
    ) -> None:
        self._on_wire = on_wire or OnWire()
        self._deliveries = deliveries or Deliveries()
        self._patience = patience
        self._chance = chance
        self._queue: deque[Send] = deque()
        self._flying: dict[int, Send] = {}
        self._doubtful: OrderedDict[tuple[str, int], tuple[Send, float]] = OrderedDict()
        self._early: OrderedDict[str, tuple[Receipt, float]] = OrderedDict()
        self._in_parts = 0
        self._throttled = 0
        self._not_before = 0.0
        self._reference = chance.randrange(0x10000)
        self.open = 0

    def add(self, message: Message) -> Callable[[], None]:
        """One more; what it returns withdraws what of it is not on the wire."""
        self.open += 1
        self._in_parts += len(message.parts) > 1
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
        if self._early:
            deadlines.append(next(iter(self._early.values()))[1] if self._in_parts else 0.0)
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
        if status == _SYSTEM_ERROR:
            message.unknown = True
            return self._look_at(message)
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

    def receipt(self, receipt: Receipt, now: float) -> list[Report]:
        """What the SMSC tells of a part."""
        reports: list[Report] = []
        if receipt.reference is not None and not self._deliveries.knows(receipt.message_id):
            doubtful = self._doubtful.pop((receipt.to, receipt.reference), None)
            if doubtful is not None:
                reports += self._arrived(doubtful[0], receipt.message_id)
        if receipt.status is None:
            return reports
        if not self._in_parts or self._deliveries.knows(receipt.message_id):
            return [*reports, *self._deliveries.told(receipt.message_id, receipt.status, receipt.reason)]
        if receipt.message_id not in self._early:
            self._early[receipt.message_id] = receipt, now + self._patience.doubt
        return reports

    def is_early(self, message_id: str) -> bool:
        """Whether a receipt waits for somebody to say that it is of a part."""
        return message_id in self._early

    def tick(self, now: float) -> list[Report]:
        """Time has passed: gives up what waited too long, doubts that nothing dispels, and receipts of which
        nobody has said that they are of a part."""
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
                message.unknown = self._may_have_arrived(message)
                self._look_at(message)
                self._fail(message, "carrier_down", "the SMSC did not take it in time")
        reports: list[Report] = []
        while self._early:
            message_id, (receipt, until) = next(iter(self._early.items()))
            if self._in_parts and now < until and len(self._early) <= _MOST_EARLY:
                break
            del self._early[message_id]
            reports += self._deliveries.told(message_id, receipt.status or "", receipt.reason)
        return reports

    def kept(self, report: Report) -> None:
        """The engine has it on disk."""
        self._deliveries.kept(report)

    def _may_have_arrived(self, message: Message) -> bool:
        """Whether a part of it has, or may have."""
        on_the_way = (*self._flying.values(), *(send for send, _ in self._doubtful.values()))
        return any(each is not None for each in message.ids) or any(
            each.message is message for each in on_the_way
        )

    def _arrived(self, send: Send, message_id: str) -> list[Report]:
        send.message.ids[send.number] = message_id
        return self._look_at(send.message)

    def _look_at(self, message: Message) -> list[Report]:
        """Whether it is over now."""
        if message.over:
            return []
        if message.unknown:
            self._over(message, Done(Outcome("unknown", {})))
            return []
        ids = tuple(each for each in message.ids if each is not None)
        if len(ids) < len(message.ids):
            return []
        self._over(message, Done(Outcome("sent", {"id": ids[0]})))
        self._deliveries.expect(ids)
        early = [self._early.pop(each)[0] for each in ids if each in self._early]
        told = (self._deliveries.told(each.message_id, each.status or "", each.reason) for each in early)
        return list(chain.from_iterable(told))

    def _fail(self, message: Message, reason: str, detail: str) -> None:
        if not message.over:
            self._over(message, failed(reason, detail))

    def _over(self, message: Message, result: Result) -> None:
        message.over = True
        self.open -= 1
        self._in_parts -= len(message.parts) > 1
        message.finish(result)
