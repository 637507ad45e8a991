"""A text that was changed is in memory as long as something runs on it, and not much longer; on disk it waits
for those that are parked."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from weakref import WeakSet

import pytest
import trio

import flowlang
from flowlang.core import Script
from flowlang.engine import loading
from flowlang.engine.replay import COMPILED
from flowlang.store.sqlite import SqliteStore

from .recovering import Watched

Virtual = trio.testing.MockClock

RELOADS = COMPILED + 20


async def at_once(work: Callable[[], None]) -> None:
    """A commit for which a virtual clock need not wait."""
    work()


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> WeakSet[Script]:
    """Those that are in memory."""
    alive: WeakSet[Script] = WeakSet()
    compile_script = loading.compile_script

    def compiled(*given: object, **also: object) -> Script:
        made = compile_script(*given, **also)  # pyright: ignore[reportArgumentType]
        alive.add(made)
        return made

    monkeypatch.setattr(loading, "compile_script", compiled)
    return alive


def changed(path: Path, number: int) -> None:
    path.write_text(f'flow main {{ wait for signal "go"\nlog "of {number}" }}\nflow brief {{ wait 1s }}')


async def test_texts_of_old_go_with_the_last_that_runs_on_them(
    tmp_path: Path, autojump_clock: Virtual, scripts: WeakSet[Script]
) -> None:
    path, watched = tmp_path / "a.flow", Watched()
    changed(path, 0)
    async with flowlang.open_engine() as engine:
        engine.observe(watched)
        engine.load(path)
        first = engine.start("main")
        for number in range(1, 10):
            changed(path, number)
            assert len(engine.reload(path)) == 1
            engine.start("brief")
        await trio.sleep(5)
        gc.collect()
        assert len(scripts) == 2
        engine.signal(first.id, "go")
        await first.ended()
        del first
        await trio.sleep(5)
        gc.collect()
        assert len(scripts) == 1
    assert watched.lines == ["of 0"]


async def test_those_that_are_parked_find_their_texts_on_disk(
    tmp_path: Path, autojump_clock: Virtual, scripts: WeakSet[Script]
) -> None:
    path, watched = tmp_path / "a.flow", Watched()
    changed(path, 0)
    with SqliteStore(tmp_path / "data") as store:
        async with flowlang.open_engine(store=store, beside=at_once) as engine:
            engine.observe(watched)
            engine.load(path)
            engine.recover()
            ids: list[str] = []
            for number in range(RELOADS):
                changed(path, number)
                engine.reload(path)
                ids.append(engine.start("main").id)
            await trio.sleep(100)
            assert not engine.activeflows
            gc.collect()
            assert len(scripts) == 1
            for each in ids:
                assert await engine.signalled(each, "go")
            await trio.sleep(1)
            gc.collect()
            assert COMPILED <= len(scripts) <= COMPILED + 1
    assert watched.lines == [f"of {number}" for number in range(RELOADS)]
