"""`route schedule` on the engine, on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import trio
from trio.testing import MockClock

from flowlang import open_engine
from flowlang.backends.schedule import Cron, Schedule, ScheduleBackend
from flowlang.model.observations import Logged, Observation

SCRIPT = """
route schedule to "nightly" => report

flow report {
    let at = local(now(), "Europe/Berlin")
    log "${at.hour}:${at.minute}"
    wait 90m
    log "done"
}
"""


def watching(logged: list[str]) -> Callable[[Observation], None]:
    def watch(seen: Observation) -> None:
        if isinstance(seen, Logged):
            logged.append(seen.text)

    return watch


async def test_a_schedule_begins_a_flow_each_night_also_where_the_clock_changes(
    autojump_clock: MockClock,
) -> None:
    begin = datetime.fromisoformat("2026-03-27T12:00:00+00:00").timestamp()
    logged: list[str] = []
    backend = ScheduleBackend({"nightly": Schedule(Cron("30 2 * * *", "Europe/Berlin"))})
    start = trio.current_time()
    async with open_engine([backend], wall=lambda: begin + trio.current_time() - start) as engine:
        engine.observe(watching(logged))
        engine.load_text(SCRIPT)
        await engine.listen()
        await trio.sleep(72 * 3600)
    assert logged == ["2:30", "done", "3:0", "done", "2:30", "done"]
