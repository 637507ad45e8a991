"""Times of the day that begin flows: `route schedule to "nightly" => …`.

A time is *missed* where nobody could see to it: the process was down, or the machine slept. Then `catch_up`
says whether nothing is done, the last missed one, or all of them (the newest hundred). What a crash
leaves open, between a flow's beginning and its mark, is done again at the next start.
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
_AGAIN = 5.0
"""Seconds until one that the engine cannot take now is tried again."""
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
            times = schedule.cron.between(seen, now, MOST_MISSED if schedule.catch_up == "all" else 1)
            for due in times:
                missed = schedule.catch_up == "none" and due < now - _GRACE
                if not missed and not await self._begin(name, due, host):
                    break
                seen = due
                self._mark(name, seen)
            if times and seen < times[-1]:
                await trio.sleep(_AGAIN)
                continue
            following = schedule.cron.after(max(seen, now))
            if following is None:
                _log.warning("the schedule %s has no time any more", name)
                return
            await trio.sleep(min((following - host.now()) / 1_000_000, _LOOK))

    async def _begin(self, name: str, due: int, host: Host) -> bool:
        """Whether that is settled; else it is to be tried again."""
        shown = datetime.fromtimestamp(due // 1_000_000, UTC).isoformat().replace("+00:00", "Z")
        data: dict[str, Value] = {"id": f"{name}@{shown}", "due": shown}
        kept = trio.Event()
        incoming = Incoming("schedule", name, name, self._new_id(), data=data)
        refused = host.receive(incoming, kept.set)
        if refused is None:
            await kept.wait()
        return refused is None or not refused.may_come_again

    def _mark(self, name: str, at: int) -> None:
        try:
            self._marks.put(name, at)
        except OSError as error:
            _log.warning("what the schedule %s did cannot be kept: %s", name, error)
