"""Reports on messages that went out, and when their carriers may be told that we have them.

A report is its sender's, who may be parked. Nobody is told that we have it before all that came of it is on
disk: a copy of one that is on its way there waits as the first does; one that may be early, as its message
has no name yet, waits for that; and one for who is held, or cannot be woken now, is to come again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from flowlang.backends.border import UNAVAILABLE, Refusal, nothing
from flowlang.core.reports import Reports
from flowlang.core.threads import NOBODY, Report, Threads, sent_key
from flowlang.model.events import MessageReported

if TYPE_CHECKING:
    from .engine import Engine

_MOST_EARLY = 1_000
_EARLY = 30.0
"""Seconds that one may be early: gateways wait 10 to 30 for an answer, and none names its message later."""
_REMEMBERED = 20_000
"""Messages that have their names: a store on disk knows those that are pushed out."""

Kept = Callable[[], None]


@dataclass(slots=True)
class _Early:
    since: float
    waiting: list[Kept] = field(default_factory=list[Kept])


class Reporting:
    """Of one engine."""

    def __init__(self, engine: Engine, threads: Threads) -> None:
        self._engine = engine
        self._threads = threads
        self._reports = Reports()
        self._under_way: dict[tuple[str, str], list[Kept]] = {}  # by message and status
        self._early: dict[str, _Early] = {}  # the oldest first
        self._settled: dict[str, None] = {}  # messages for whose names no report waits any more

    def report(
        self, channels: Iterable[str], message: str, status: str, reason: str | None, kept: Kept = nothing
    ) -> Refusal | None:
        """What became of a message that went out, as one tells who carries these channels and no other; see
        `border.Host`."""
        engine, threads, channels = self._engine, self._threads, tuple(channels)
        for each in channels:
            engine.messages.reported(each, message, status, reason)
        known = [each for each in channels if threads.knows(each, message)]
        if not known:
            asleep = [engine.parking.wake_sender(each, message) for each in channels]
            if any(asleep):
                return Refusal(UNAVAILABLE)
            known = [each for each in channels if threads.knows(each, message)]
        if any(engine.post.arrivals.is_held(threads.sender(each, message)) for each in known):
            return Refusal(UNAVAILABLE)
        asked = known or channels  # where none is known yet it may be early
        over = _after(len(asked) + 1, kept)
        for each in asked:
            found = threads.reported(each, message, status, reason)
            if found is not None:
                self._tell(each, found, message, over)
            elif self._may_be_early(each, message):
                self._wait(sent_key(each, message), over)
            else:
                over()
        engine.keeper.after(lambda _has: over())
        return None

    def named(self, channel: str, message: str, reports: Iterable[Report]) -> None:
        """A message has its name; these were here before anybody knew whose they are."""
        key, reports = sent_key(channel, message), tuple(reports)
        self._settle(key)
        early = self._early.pop(key, None)
        over = _after(len(reports) + 1, *(early.waiting if early is not None else ()))
        for each in reports:
            self._engine.messages.reported(channel, message, each.status, each.reason)
            self._tell(channel, each, message, over)
        self._engine.keeper.after(lambda _has: over())

    def were_told(self, channel: str, message: str, statuses: Iterable[str]) -> None:
        """These reports on a message were told before a restart."""
        for each in statuses:
            self._reports.is_news(sent_key(channel, message), each)

    def look_at_early(self) -> None:
        """Time has passed: those that waited so long are early no more."""
        while self._early:
            key, early = next(iter(self._early.items()))
            if trio.current_time() < early.since + _EARLY:
                break
            self._give_up(key)

    def _tell(self, channel: str, report: Report, message: str, over: Kept) -> None:
        """Tells the sender, if he lives and it is news; `over` is called when that is on disk, or of no use
        any more."""
        running = self._engine.alive(report.activeflow) if report.activeflow != NOBODY else None
        if running is None:
            over()
            return
        name = sent_key(channel, message), report.status
        if not self._reports.is_news(*name):
            if name in self._under_way:
                self._under_way[name].append(over)
            else:
                over()
            return
        waiting = self._under_way[name] = [over]

        def told(has: bool) -> None:
            if not has:  # he is over: that has to be on disk
                self._engine.keeper.after(told)
                return
            if self._under_way.get(name) is waiting:
                del self._under_way[name]
            for each in waiting:
                each()

        running.deliver(MessageReported(message, report.status, report.to, report.reason), told)

    def _may_be_early(self, channel: str, message: str) -> bool:
        """Whether its message may be one that is under way."""
        return (
            sent_key(channel, message) not in self._settled
            and self._engine.outbox.under_way(channel)
            and not self._engine.messages.was_sent(channel, message)
        )

    def _wait(self, key: str, over: Kept) -> None:
        if key not in self._early:
            if len(self._early) >= _MOST_EARLY:
                self._give_up(next(iter(self._early)))
            self._early[key] = _Early(trio.current_time())
        self._early[key].waiting.append(over)

    def _give_up(self, key: str) -> None:
        self._settle(key)
        for each in self._early.pop(key).waiting:
            each()

    def _settle(self, key: str) -> None:
        if len(self._settled) >= _REMEMBERED:
            del self._settled[next(iter(self._settled))]
        self._settled[key] = None


def _after(calls: int, *then: Kept) -> Kept:
    """What calls these when it has been called so often."""

    def over() -> None:
        nonlocal calls
        calls -= 1
        if not calls:
            for each in then:
                each()

    return over
