"""What the four machines share: a state, a table, timers by letter.

A table maps (state, input) to (next state, actions). Inputs are "request", "ack", "1xx", "2xx", "3-6xx",
"unreachable" and the letter of a timer. An input without a row is absorbed. Actions are names of methods
`_name(message, now)`; they run after the state has changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol

from flowlang.sip.address import Address
from flowlang.sip.message import Message
from flowlang.sip.timers import Settings, Timer, TimerHeap

State = Literal["calling", "trying", "proceeding", "completed", "confirmed", "accepted", "terminated"]
Table = Mapping[tuple[State, str], tuple[State, tuple[str, ...]]]


class TransactionHost(Protocol):
    """What the layer gives its transactions."""

    settings: Settings
    timers: TimerHeap

    def send(self, data: bytes, destination: Address, local: Address) -> None:
        """Put bytes on the wire."""
        ...

    def by_stream(self, destination: Address, local: Address) -> tuple[Address, Address] | None:
        """The same two for a message that is too large for a datagram, `None` where there is no stream."""
        ...

    def remove(self, transaction: Transaction) -> None:
        """Forget a terminated transaction."""
        ...


class Transaction:
    """One transaction. `kind` names its machine; `key` is where the layer keeps it."""

    __slots__ = ("_interval", "_timers", "destination", "host", "key", "local", "state")

    TABLE: ClassVar[Table]
    KIND: ClassVar[str]

    def __init__(
        self, host: TransactionHost, key: tuple[str, ...], state: State, destination: Address, local: Address
    ) -> None:
        self.host = host
        self.key = key
        self.state: State = state
        self.destination = destination
        self.local = local
        self._timers: dict[str, Timer] = {}
        self._interval = 0.0  # of the one timer that doubles

    def feed(self, what: str, message: Message | None, now: float) -> None:
        """One input to the machine."""
        row = self.TABLE.get((self.state, what))
        if row is None:
            return
        self.state = row[0]
        for action in row[1]:
            getattr(self, action)(message, now)
        if self.state == "terminated":
            self._stop_all(None, now)
            self.host.remove(self)

    def _start(self, letter: str, delay: float, now: float) -> None:
        self._timers[letter] = self.host.timers.schedule(now + delay, self._expire, letter)

    def _start_doubling(self, letter: str, now: float) -> None:
        self._interval = self.host.settings.t1
        self._start(letter, self._interval, now)

    def _restart_doubled(self, letter: str, now: float, limit: float = math.inf) -> None:
        self._interval = min(2 * self._interval, limit)
        self._start(letter, self._interval, now)

    def _expire(self, letter: str, now: float) -> None:
        self._timers.pop(letter, None)
        self.feed(letter, None, now)

    def _stop_all(self, message: Message | None, now: float) -> None:
        for timer in self._timers.values():
            self.host.timers.cancel(timer)
        self._timers.clear()

    def _wait(self, seconds: float) -> float:
        """A wait for stray retransmissions: none over a reliable transport (§17, timers D, I, J, K)."""
        return 0.0 if self.destination.reliable else seconds


def kind_of(status: int) -> str:
    """The input that a response of `status` is."""
    return "1xx" if status < 200 else "2xx" if status < 300 else "3-6xx"
