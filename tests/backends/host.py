"""An engine's stand-in for backends that are tested alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from flowlang.backends.border import Inbox, Incoming, Leg, Refusal, nothing
from flowlang.model.events import Event
from flowlang.model.message_commands import SendMessage
from flowlang.model.observations import Observation


@dataclass
class TestInbox:
    __test__ = False
    """An activeflow's."""

    activeflow: str
    events: list[Event] = field(default_factory=list)

    def why_refused(self, to: str) -> str | None:
        return None

    def deliver(self, event: Event) -> None:
        self.events.append(event)


@dataclass
class TestHost:
    """Takes what is offered, unless `answer` refuses. `clock` gives microseconds. Everybody opts out after so
    many attempts as `opts_out` says."""

    __test__ = False
    answer: Callable[[Incoming], Refusal | None] = lambda incoming: None
    clock: Callable[[], int] = lambda: int(trio.current_time() * 1_000_000) % 10**12 + 1_800_000_000_000_000
    offered: list[Incoming] = field(default_factory=list)
    reports: list[tuple[str, str, str | None]] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)
    turned_away: list[tuple[Incoming, str]] = field(default_factory=list)
    opts_out: int | None = None
    asked: int = 0

    def offer(self, incoming: Incoming, leg: Leg) -> Inbox | Refusal:
        self.offered.append(incoming)
        return self.answer(incoming) or TestInbox(f"af{len(self.offered)}")

    def receive(self, incoming: Incoming, kept: Callable[[], None] = nothing) -> Refusal | None:
        self.offered.append(incoming)
        refused = self.answer(incoming)
        if refused is None:
            kept()
        return refused

    def refused(self, incoming: Incoming, why: str) -> None:
        self.turned_away.append((incoming, why))

    def why_not(self, command: SendMessage) -> str | None:
        self.asked += 1
        return "opted_out" if self.opts_out is not None and self.asked > self.opts_out else None

    def report(
        self, message: str, status: str, reason: str | None = None, kept: Callable[[], None] = nothing
    ) -> Refusal | None:
        self.reports.append((message, status, reason))
        kept()
        return None

    def observe(self, observation: Observation) -> None:
        self.seen.append(observation)

    def now(self) -> int:
        return self.clock()
