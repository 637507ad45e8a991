"""One SMPP connection as the ESME, without I/O: bytes and time in, bytes and events out.

It binds as a transceiver, keeps a window of requests without an answer, asks after a silence whether the
other side is there (`enquire_link`), and gives a connection up that does not answer. `now` is in seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from .pdu import Framer, Pdu, PduError, encode

_MOST_SEQUENCE = 0x7FFFFFFF  # §5.1.4
_INVALID_COMMAND = 0x00000003  # ESME_RINVCMDID


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are at the SMSC."""

    system_id: str
    password: str = field(default="", repr=False)
    system_type: str = ""


@dataclass(frozen=True, slots=True)
class Timers:
    """Of one connection, in seconds: how long an answer may take, and after which silence we ask. `window` is
    how many requests may be without an answer."""

    window: int = 10
    answer: float = 30.0
    silence: float = 30.0


@dataclass(frozen=True, slots=True)
class Bound:
    """We are in."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the SMSC said to what we submitted."""

    sequence: int
    status: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Came:
    """A `deliver_sm`: `answer` has to be called with its sequence."""

    pdu: Pdu


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is of no more use, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """The SMSC has our answers of these names: it has answered what we said behind them."""

    names: tuple[str, ...]


Event = Bound | Answered | Came | Lost | Known


class State(Enum):
    """Of the session (§2.2)."""

    OPEN = "open"
    BOUND = "bound"
    UNBINDING = "unbinding"
    OVER = "over"


class Session:
    """`output` has the bytes to send, `answering` the names of what they answer; whoever sends them clears
    both. `heard` is when the SMSC last gave a sign."""

    def __init__(self, account: Account, timers: Timers, now: float) -> None:
        self.state = State.OPEN
        self.was_bound = False
        self.output = bytearray()
        self.answering: list[str] = []
        self.heard = now
        self._timers = timers
        self._framer = Framer()
        self._sequence = 0
        self._asked: float | None = None
        self._waiting: dict[int, float] = {}
        self._said: deque[str] = deque()
        """Names of our answers, but for those that the SMSC has for certain: `_known` in number."""
        self._known = 0
        self._behind: dict[int, int] = {}
        """By the sequence of what we asked, how many answers went before it."""
        fields = {
            "system_id": account.system_id, "password": account.password, "system_type": account.system_type,
            "interface_version": 0x34,
        }  # fmt: skip
        self._begun = now
        self._put(Pdu("bind_transceiver", self._next(), 0, fields))

    @property
    def room(self) -> bool:
        """Whether one more may be submitted."""
        return self.state is State.BOUND and len(self._waiting) < self._timers.window

    def submit(self, fields: Mapping[str, str | int | bytes], extras: Mapping[int, bytes], now: float) -> int:
        """Submits a message; its sequence. Raises `ValueError` for a field that cannot stand in one."""
        sequence = self._next()
        self._put(Pdu("submit_sm", sequence, 0, fields, extras))
        self._waiting[sequence] = now
        self._behind[sequence] = self._known + len(self._said)
        return sequence

    def answer(self, sequence: int, status: int, name: str | None = None) -> None:
        """To what came, under its name where it has one."""
        if self.state in (State.BOUND, State.UNBINDING):
            self._put(Pdu("deliver_sm_resp", sequence, status))
            if name is not None:
                self.answering.append(name)
                self._said.append(name)

    def unbind(self) -> None:
        """Says goodbye."""
        if self.state is State.BOUND:
            self.state = State.UNBINDING
            self._put(Pdu("unbind", self._next()))

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Bytes from the SMSC; none are its end."""
        if self.state is State.OVER:
            return []
        self.heard = now
        if not data:
            return self._lost("the SMSC ended the connection")
        try:
            pdus = self._framer.feed(data)
        except PduError as error:
            return self._lost(str(error))
        self._asked = None
        events: list[Event] = []
        for pdu in pdus:
            events += self._take(pdu)
        return events

    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        if self.state is State.OPEN:
            return self._begun + self._timers.answer
        if self.state is State.OVER:
            return float("inf")
        silence = (
            self.heard + self._timers.silence if self._asked is None else self._asked + self._timers.answer
        )
        oldest = next(iter(self._waiting.values()), None)
        return min(silence, oldest + self._timers.answer) if oldest is not None else silence

    def tick(self, now: float) -> list[Event]:
        """Time has passed."""
        if now < self.next_deadline():
            return []
        oldest = next(iter(self._waiting.values()), None)
        if self.state is State.OPEN:
            return self._lost("the SMSC does not answer our bind")
        if oldest is not None and now >= oldest + self._timers.answer:
            return self._lost("the SMSC does not answer what we submit")
        if self._asked is not None:
            return self._lost("the SMSC is silent")
        self._asked, sequence = now, self._next()
        self._put(Pdu("enquire_link", sequence))
        self._behind = {each: self._behind[each] for each in self._waiting if each in self._behind}
        self._behind[sequence] = self._known + len(self._said)
        return []

    def _take(self, pdu: Pdu) -> list[Event]:
        if self.state is State.OVER:
            return []
        match pdu.command:
            case "bind_transceiver_resp" if self.state is State.OPEN:
                if pdu.status:
                    return self._lost(f"the SMSC refused our bind with 0x{pdu.status:08x}")
                self.state = State.BOUND
                self.was_bound = True
                return [Bound()]
            case "submit_sm_resp" | "generic_nack" if pdu.sequence in self._waiting:
                del self._waiting[pdu.sequence]
                status = pdu.status or (_INVALID_COMMAND if pdu.command == "generic_nack" else 0)
                answered = Answered(pdu.sequence, status, pdu.text("message_id"))
                return [*self._heard_of(pdu.sequence), answered]
            case "enquire_link_resp":
                return self._heard_of(pdu.sequence)
            case "deliver_sm" if self.state in (State.BOUND, State.UNBINDING):
                return [Came(pdu)]
            case "enquire_link":
                self._put(Pdu("enquire_link_resp", pdu.sequence))
            case "unbind":
                self._put(Pdu("unbind_resp", pdu.sequence))
                return self._lost("the SMSC unbound us")
            case "unbind_resp" if self.state is State.UNBINDING:
                return self._lost("unbound")
            case command if command.startswith("0x") and not command.startswith("0x8"):
                self._put(Pdu("generic_nack", pdu.sequence, _INVALID_COMMAND))
            case _:
                pass  # an answer that nobody waits for
        return []

    def _heard_of(self, sequence: int) -> list[Event]:
        """What an answer to what we asked tells of our answers: the SMSC reads in order."""
        count = max(0, self._behind.pop(sequence, 0) - self._known)
        self._known += count
        return [Known(tuple(self._said.popleft() for _ in range(count)))] if count else []

    def _lost(self, why: str) -> list[Event]:
        self.state = State.OVER
        return [Lost(why)]

    def _next(self) -> int:
        self._sequence = self._sequence % _MOST_SEQUENCE + 1
        return self._sequence

    def _put(self, pdu: Pdu) -> None:
        self.output += encode(pdu)
