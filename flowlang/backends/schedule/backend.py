"""Times of the day that begin flows: `route schedule to "nightly" => …`.

A time is *missed* where nobody could see to it: the process was down, or the machine slept. Then `catch_up`
says whether nothing is done, the last missed one, or all of them. What a crash leaves open, between a flow's
beginning and its mark, is done again at the next start.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import trio

from flowlang.backends.border import Host, Incoming
from flowlang.model.values import Value

from .cron import Cron
from .marks import Marks

CatchUp = Literal["none", "last", "all"]

_GRACE = 60_000_000
"""Microseconds by which one may be late and is not missed."""
_LOOK = 60.0
"""Seconds after which the clock is looked at again: it may be put right, or the machine have slept."""
MOST_MISSED = 100

_log = logging.getLogger("flowlang.schedule")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When, and what to do about missed times."""

    cron: Cron
    catch_up: CatchUp = "none"


class ScheduleBackend:
    """`schedules` by the name that routes have in `to`. `new_id` names what begins."""

    name = "schedule"
    channels = frozenset({"schedule"})
    commands: frozenset[str] = frozenset()

    def __init__(
        self,
        schedules: Mapping[str, Schedule],
        marks: Marks | None = None,
        *,
        new_id: Callable[[], str] = lambda: f"schedule-{secrets.token_hex(6)}",
    ) -> None:
        self._schedules = dict(schedules)
        self._marks = marks or Marks()
        self._new_id = new_id
        self._under_way = 0

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        async with trio.open_nursery() as nursery:
            for name, schedule in self._schedules.items():
                nursery.start_soon(self._follow, name, schedule, host)
            task_status.started(f"schedules: {', '.join(self._schedules)}")

    async def settle(self) -> None:
        """What a schedule began is the engine's."""

    async def _follow(self, name: str, schedule: Schedule, host: Host) -> None:
        seen = self._marks.get(name)
        if seen is None or seen > host.now():  # new, or the clock was put back
            seen = host.now()
            self._mark(name, seen)
        while True:
            now = host.now()
            times = schedule.cron.between(seen, now, MOST_MISSED)
            for due in _chosen(times, now, schedule.catch_up):
                await self._begin(name, due, host)
            if times:
                seen = times[-1]
                self._mark(name, seen)
            following = schedule.cron.after(max(seen, now))
            if following is None:
                _log.warning("the schedule %s has no time any more", name)
                return
            await trio.sleep(min((following - host.now()) / 1_000_000, _LOOK))

    async def _begin(self, name: str, due: int, host: Host) -> None:
        shown = datetime.fromtimestamp(due // 1_000_000, UTC).isoformat().replace("+00:00", "Z")
        data: dict[str, Value] = {"id": f"{name}@{shown}", "due": shown}
        kept = trio.Event()
        incoming = Incoming("schedule", name, name, self._new_id(), data=data)
        if host.receive(incoming, kept.set) is None:
            await kept.wait()

    def _mark(self, name: str, at: int) -> None:
        try:
            self._marks.put(name, at)
        except OSError as error:
            _log.warning("what the schedule %s did cannot be kept: %s", name, error)


def _chosen(times: list[int], now: int, catch_up: CatchUp) -> list[int]:
    """Of the times since the last look those that are done."""
    match catch_up:
        case "all":
            return times
        case "last":
            return times[-1:]
        case "none":
            return [each for each in times if each >= now - _GRACE][-1:]
