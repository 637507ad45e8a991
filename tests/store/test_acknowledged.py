"""What is told as taken is taken: `signalled` is true for nothing that a full queue or an end loses."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.core.limits import Limits
from flowlang.store import MemoryStore
from flowlang.store.sqlite import SqliteStore

SLEEPER = 'flow main { wait 1h\nloop up to 3 { wait for signal "add" } }'
COLLECTOR = """
flow main {
    on signal "add" { wait 1h }
    wait 2h
}
"""


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryStore | SqliteStore:
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path)


async def test_a_signal_past_those_that_are_kept_is_told_as_lost(
    store: MemoryStore | SqliteStore, autojump_clock: trio.testing.MockClock
) -> None:
    async with flowlang.open_engine(store=store, limits=Limits(kept_signals=3)) as engine:
        engine.load_text(SLEEPER)
        run = engine.start("main")
        assert [await engine.signalled(run.id, "add", each) for each in range(5)] == [True] * 3 + [False] * 2


async def test_a_signal_past_those_that_wait_for_a_handler_is_told_as_lost(
    store: MemoryStore | SqliteStore, autojump_clock: trio.testing.MockClock
) -> None:
    async with flowlang.open_engine(store=store, limits=Limits(waiting_events=2)) as engine:
        engine.load_text(COLLECTOR)
        run = engine.start("main")
        await trio.sleep(1)
        assert [await engine.signalled(run.id, "add", each) for each in range(4)] == [True] * 3 + [False]


async def test_a_signal_behind_the_end_is_told_as_lost(
    store: MemoryStore | SqliteStore, autojump_clock: trio.testing.MockClock
) -> None:
    async with flowlang.open_engine(store=store) as engine:
        engine.load_text('flow main { wait for signal "add" }')
        run = engine.start("main")
        await trio.sleep(1)
        told: dict[int, bool] = {}

        async def give(number: int) -> None:
            told[number] = await engine.signalled(run.id, "add", number)

        async with trio.open_nursery() as nursery:
            for each in range(3):
                nursery.start_soon(give, each)
        assert sorted(told.values()) == [False, False, True]
        assert not await engine.signalled(run.id, "add", 9)
