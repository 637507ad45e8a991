"""Messages of all activeflows: what comes in (`arrivals`), what goes out (`dispatch`), the reports on that
(`reporting`), and between them the threads, which tell whose a message is. A thread lives as long as its
activeflow: recovery works it out again from the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flowlang.backends.border import Backend
from flowlang.core import Opening
from flowlang.core.manners import Porter
from flowlang.core.opening import Thread
from flowlang.core.threads import Threads
from flowlang.model.action import THREADS

from .arrivals import Arrivals
from .dispatch import Dispatch, id_of, never_left
from .replay import Sent
from .reporting import Reporting

if TYPE_CHECKING:
    from .engine import Engine
    from .running import Running


class Post:
    """Of one engine."""

    def __init__(self, engine: Engine, backends: Iterable[Backend], porter: Porter) -> None:
        self._engine = engine
        self._threads = Threads()
        self.reports = Reporting(engine, self._threads)
        self.dispatch = Dispatch(engine, self._threads, porter, self.reports, backends)
        self.arrivals = Arrivals(engine, self._threads, porter)

    def opened(self, running: Running) -> None:
        """One began, or is back."""
        opening = running.flow.opening
        if opening.channel in THREADS:
            self._threads.opened(opening)
        self._threads.goes_on(opening)

    def written(self, activeflow: str) -> tuple[Thread, ...]:
        """See `Threads.written`."""
        return self._threads.written(activeflow)

    def held(self, activeflow: str) -> tuple[list[Thread], list[str]]:
        """See `Threads.held`."""
        return self._threads.held(activeflow)

    def first(self, channel: str, person: str, ours: str | None) -> tuple[int, str] | None:
        """See `Threads.first`; of those that are in memory."""
        return self._threads.first(channel, person, ours)

    def lives(self, activeflow: str) -> bool:
        """Whether one lives: here, parked, or until a later start on which it goes on."""
        engine = self._engine
        return (
            engine.living(activeflow) is not None
            or self.arrivals.is_held(activeflow)
            or engine.parking.has(activeflow)
        )

    def over(self, activeflow: str) -> None:
        """One ended."""
        self._threads.over(activeflow)

    def recovered(
        self,
        running: Running,
        sent: Iterable[Sent],
        received: Iterable[tuple[str, str]],
    ) -> None:
        """One is back that had sent these messages, and received those: channel, and as of `seen_as`. What
        came of each that it sent is `None` where nobody knows."""
        opening = running.flow.opening
        if opening.came_as is not None and opening.channel is not None:
            self.arrivals.remember(opening.channel, opening.came_as)
            if opening.automatic and opening.message_id is not None:
                self.arrivals.is_automatic(opening.message_id)
        for channel, message in received:
            self.arrivals.remember(channel, message)
        self.sent(running.activeflow, sent)

    def waits(self, opening: Opening, why: str) -> None:
        """One goes on at a later start: until then nobody else gets what comes in its threads."""
        self.arrivals.waits(opening.activeflow, why)
        if opening.channel in THREADS:
            self._threads.opened(opening)
        self._threads.goes_on(opening)

    def sent(self, activeflow: str, sent: Iterable[Sent]) -> None:
        """One that is back, or goes on at a later start, had sent these."""
        for each in sent:
            if never_left(each.result) or each.command.channel not in THREADS:
                continue
            self._threads.sent(each.command, activeflow, each.at)
            message = id_of(each.result) if each.result is not None else None
            if message is not None:
                self._threads.named(message, each.command, activeflow)
                self.reports.were_told(each.command.channel, message, each.reports)
