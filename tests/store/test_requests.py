"""What is asked of an activeflow while no process runs is done once, at the next start, as if it came
then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.core import Happened, StopAsked
from flowlang.core.inputs import Input, input_to_plain
from flowlang.engine.retention import Retention
from flowlang.model.events import SignalReceived
from flowlang.model.values import DAY
from flowlang.store import statements
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import DyingStore, Watched, engine_on

Virtual = trio.testing.MockClock

TEXT = """
flow main {
    let told = []
    on signal "tell" as s { told = told + [s.data]
        log "told ${s.data}" }
    try { wait 1d } finally { log "end ${told}" }
}
"""


def tell(data: int) -> Input:
    return Happened(0, SignalReceived("tell", data))


def ask(folder: Path, activeflow: str, *inputs: Input) -> None:
    with SqliteStore(folder) as store:
        for each in inputs:
            store.keep_request(activeflow, input_to_plain(each))
        store.commit()


def files_with(folder: Path, text: bytes) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file() and text in each.read_bytes()]


async def at_once(work: Callable[[], None]) -> None:
    """Commits: a virtual clock does not wait for a thread."""
    work()


async def begun(folder: Path) -> str:
    async with engine_on(SqliteStore(folder), TEXT) as (engine, _):
        run = engine.start("main")
        await trio.sleep(1)
        return run.id


async def started(folder: Path, store: SqliteStore | None = None) -> tuple[list[str], int]:
    """A process from its start to where it listens: what was logged, and how many requests it took."""
    watched = Watched()
    async with engine_on(store or SqliteStore(folder), None, watched) as (engine, recovered):
        await engine.listen()
        return watched.lines, recovered.requests


async def test_they_are_taken_in_order_before_anything_comes_in(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    run = await begun(tmp_path)
    ask(tmp_path, run, tell(1), tell(2), StopAsked(0), tell(3))
    lines, count = await started(tmp_path)
    refused = [each for each in lines if "not done" in each]
    assert [each for each in lines if each not in refused] == ["told 1", "told 2", "end [1, 2]"]
    (line,) = refused
    assert line == f"the signal `tell` that was asked of {run} while no server ran is not done: it is over"
    assert count == 4
    assert await started(tmp_path) == ([], 0)
    with open_archive(tmp_path) as archive:
        (stored,) = archive.beginning(run, 1)
        assert [each.given[0] for each in archive.entries(stored)] == ["begin", "event", "event", "stop"]
        assert stored.ending[0] == "stop"
        assert archive.requests() == []


async def test_one_that_is_parked_is_woken_for_it(tmp_path: Path, autojump_clock: Virtual) -> None:
    async with engine_on(SqliteStore(tmp_path), TEXT) as (engine, _):
        run = engine.start("main").id
        await trio.sleep(100)
    with open_archive(tmp_path) as archive:
        assert [each.state for each in archive.activeflows()] == ["parked"]
    ask(tmp_path, run, tell(1))
    assert await started(tmp_path) == (["told 1"], 1)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 4))
async def test_a_crash_at_any_commit_does_each_once(
    at: int, after: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    run = await begun(tmp_path)
    ask(tmp_path, run, tell(1), tell(2))
    with suppress(flowlang.StoreError):
        await started(tmp_path, DyingStore(tmp_path, at, after=after))
    await started(tmp_path)
    with open_archive(tmp_path) as archive:
        (stored,) = archive.beginning(run, 1)
        told = [each.given[-1] for each in archive.entries(stored) if each.given[0] == "event"]
    assert told == [1, 2]


async def test_what_cannot_be_done_is_told_and_forgotten(tmp_path: Path, autojump_clock: Virtual) -> None:
    run = await begun(tmp_path)
    ask(tmp_path, "nobody", StopAsked(0))
    with SqliteStore(tmp_path) as store:
        for number, text in enumerate(("[]", "damaged"), 100):
            store.moves.append((statements.ADD_REQUEST, (number, run, text)))
        for given in (["fly", 0], ["event", 0, "Nothing"]):
            store.keep_request(run, given)
        store.commit()
    lines, count = await started(tmp_path)
    assert len(lines) == 5
    assert all("is not done: it " in each for each in lines)
    assert count == 0
    assert await started(tmp_path) == ([], 0)


async def test_for_one_that_is_held_it_waits(tmp_path: Path, autojump_clock: Virtual) -> None:
    async def pay() -> None:
        pass

    action = flowlang.Action("pay", "Pays."), pay
    async with engine_on(SqliteStore(tmp_path), None, None, action) as (engine, _):
        engine.load_text(TEXT.replace("let told", "pay()\nlet told"))
        run = engine.start("main").id
        await trio.sleep(1)
    ask(tmp_path, run, tell(1))
    lines, count = await started(tmp_path)
    assert (len(lines), count) == (1, 0)
    watched = Watched()
    async with engine_on(SqliteStore(tmp_path), None, watched, action) as (engine, recovered):
        await engine.listen()
        assert (watched.lines, recovered.requests) == (["told 1"], 1)


@pytest.mark.parametrize("asked", [0, 10])
async def test_retention_leaves_it_readable_until_it_is_done(
    asked: int, tmp_path: Path, autojump_clock: Virtual
) -> None:
    """Also one that was asked by a clock far behind."""
    run = await begun(tmp_path)
    ask(tmp_path, run, Happened(asked * DAY, SignalReceived("tell", 1)))
    for at in (1, None):
        watched = Watched()
        store = DyingStore(tmp_path, at) if at else SqliteStore(tmp_path)
        with suppress(flowlang.StoreError), store:
            async with flowlang.open_engine(store=store, beside=at_once, retention=Retention()) as engine:
                engine.observe(watched)
                engine.recover()
                await engine.listen()
                await trio.sleep(100)
    assert watched.lines == ["told 1"]


async def test_their_data_is_not_on_disk_in_clear(tmp_path: Path, autojump_clock: Virtual) -> None:
    run = await begun(tmp_path)
    ask(tmp_path, run, Happened(0, SignalReceived("tell", "PIN4711")))
    assert not files_with(tmp_path, b"PIN4711")
    lines, _ = await started(tmp_path)
    assert lines[0] == "told PIN4711"


async def test_one_whose_key_is_missing_waits_for_it_and_those_asked_meanwhile_are_done(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    folder = tmp_path / "data"
    run = await begun(folder)
    ask(folder, run, tell(1))
    with SqliteStore(folder) as store:
        (key,) = store.keys.path("any").parent.iterdir()
    away = key.rename(tmp_path / "away")
    ask(folder, run, tell(2))
    lines, count = await started(folder)
    assert (lines[-1], count) == ("told 2", 1)
    asked = f"the request that was asked of {run} while no server ran"
    why = f"a secret whose key {key} is missing: put it back"
    assert lines[:-1] == [f"{asked} waits for a later start: it is {why}"]
    away.rename(key)
    assert await started(folder) == (["told 1"], 1)


async def test_a_signal_that_finds_too_many_waiting_is_told_so(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async with engine_on(SqliteStore(tmp_path), 'flow main { wait 1d\nreturn wait for signal "tell" }') as (
        engine,
        _,
    ):
        run = engine.start("main").id
        await trio.sleep(1)
    ask(tmp_path, run, *map(tell, range(120)))
    lines, count = await started(tmp_path)
    assert count == 120
    why = "as many of that name wait as are kept"
    assert {each for each in lines if "not done" in each} == {
        f"the signal `tell` that was asked of {run} while no server ran is not done: {why}"
    }
