"""Commits in groups: what is taken while the disk works is the next group, and shows when that is on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

import flowlang
from flowlang.backends.simulator import SimulatorBackend
from flowlang.engine.keeping import ENOUGH, GATHER, LINGER
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Watched

SCRIPT = """
flow main {
    log "begun"
    on signal "add" as s { log "added ${s.data}" }
    wait 1h
}
"""


class SlowDisk:
    """Has a commit when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self._let, self._allowed = trio.open_memory_channel[None](10)

    async def __call__(self, work: Callable[[], None]) -> None:
        self.asked += 1
        await self._allowed.receive()
        work()

    def let(self) -> None:
        """Lets it have the commit that is asked for, or the next one."""
        self._let.send_nowait(None)

    async def commit(self) -> None:
        """The same; when that is over."""
        self.let()
        await trio.sleep(1)


async def test_what_is_taken_during_a_commit_shows_after_the_next(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    disk, watched = SlowDisk(), Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, beside=disk) as engine:
            engine.observe(watched)
            engine.load_text(SCRIPT)
            run = engine.start("main")
            await trio.sleep(1)
            for number in range(3):
                engine.signal(run.id, "add", number)
            await trio.sleep(1)
            assert (disk.asked, watched.lines) == (1, [])
            await disk.commit()
            assert (disk.asked, watched.lines) == (2, ["begun"])
            await disk.commit()
            assert watched.lines == ["begun", "added 0", "added 1", "added 2"]
            assert not store.pending


async def test_another_reads_only_what_was_committed(tmp_path: Path, autojump_clock: MockClock) -> None:
    disk = SlowDisk()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, beside=disk) as engine:
            engine.load_text(SCRIPT)
            engine.start("main")
            await trio.sleep(1)
            with open_archive(tmp_path) as archive:
                assert not list(archive.activeflows())
                await disk.commit()
                assert [each.flow for each in archive.activeflows()] == ["main"]


async def test_what_nobody_waits_for_lingers_for_company(tmp_path: Path, autojump_clock: MockClock) -> None:
    commits: list[float] = []

    async def disk(work: Callable[[], None]) -> None:
        commits.append(trio.current_time())
        work()

    text = 'flow main { let n = 0\non signal "add" { n = n + 1 }\nwait 1h }'
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, beside=disk) as engine:
            engine.load_text(text)
            run = engine.start("main")
            await trio.sleep(1)
            began = trio.current_time()
            commits.clear()
            engine.signal(run.id, "add")
            await trio.sleep(LINGER / 2)
            assert commits == []
            assert store.pending
            await trio.sleep(1)
            assert commits == [pytest.approx(began + LINGER)]
            engine.signal(run.id, "add")
            await engine.signalled(run.id, "add")  # who waits for it waits for no company
            assert commits[1:] == [trio.current_time()]
            assert not store.pending


async def test_a_large_group_does_not_wait_for_more(tmp_path: Path, autojump_clock: MockClock) -> None:
    disk, watched = SlowDisk(), Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, beside=disk, processor_time=lambda: 0.0) as engine:
            engine.observe(watched)
            engine.load_text(SCRIPT)
            runs = [engine.start("main") for _ in range(ENOUGH)]
            await trio.sleep(0.001)
            for each in runs:
                engine.signal(each.id, "add", 1)
                engine.stop(each.id)
            disk.let()
            await trio.sleep(GATHER / 2)
            assert disk.asked == 2
            await disk.commit()
            assert len(watched.lines) == 2 * ENOUGH


async def test_calls_that_come_close_behind_each_other_have_one_commit_and_one_alone_waits_for_none(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    simulator = SimulatorBackend()
    text = 'route call to "*" => main\nflow main { ring\nwait 2ms\nanswer\nwait 1m }'
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([simulator], store=store) as engine:
            engine.load_text(text)
            await engine.listen()
            await trio.sleep(1)
            began = trio.current_time()
            first = simulator.call(source="201", to="100")
            await first.wait_answered()
            alone = trio.current_time()
            assert alone == pytest.approx(began + 0.002)
            second = simulator.call(source="202", to="100")
            await second.wait_answered()
            assert trio.current_time() == pytest.approx(alone + GATHER, abs=0.003)
