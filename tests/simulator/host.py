"""An engine that is not there: it takes or refuses calls and keeps what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

from flowlang.backends.border import Incoming, Leg, Refusal
from flowlang.model.events import Event
from flowlang.model.observations import LegEnded, Observation
from flowlang.model.results import Result
from flowlang.model.values import SECOND


@dataclass
class KeptInbox:
    activeflow: str
    events: list[Event] = field(default_factory=list)

    def why_refused(self, to: str) -> str | None:
        return None

    def deliver(self, event: Event) -> None:
        self.events.append(event)


@dataclass
class FakeHost:
    """`refuse` is the status to refuse with."""

    refuse: int | None = None
    offered: list[tuple[Incoming, Leg]] = field(default_factory=list)
    observed: list[Observation] = field(default_factory=list)
    inbox: KeptInbox = field(default_factory=lambda: KeptInbox("flow-1"))
    results: list[Result] = field(default_factory=list)

    def offer(self, incoming: Incoming, leg: Leg) -> KeptInbox | Refusal:
        self.offered.append((incoming, leg))
        return self.inbox if self.refuse is None else Refusal(self.refuse)

    def observe(self, observation: Observation) -> None:
        self.observed.append(observation)

    def now(self) -> int:
        return round(trio.current_time() * SECOND)

    @property
    def leg(self) -> Leg:
        return self.offered[-1][1]

    @property
    def endings(self) -> list[LegEnded]:
        return [each for each in self.observed if isinstance(each, LegEnded)]
