"""Timers of those that are parked fire in their order, however many they are, whoever among them stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trio

import flowlang
from flowlang.model.action import Action
from flowlang.store.sqlite import SqliteStore

from .recovering import Watched

Virtual = trio.testing.MockClock

_MORE_THAN_A_SLICE = 250


async def at_once(commit: Callable[[], None]) -> None:
    """Commits without a thread, which virtual time does not wait for."""
    commit()


async def test_those_that_cannot_be_woken_hide_no_timer_behind_them(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async def pay() -> None:
        pass

    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, park_after=60) as engine:
            engine.add_action(Action("pay", "Pays."), pay)
            engine.recover()
            engine.load_text("flow stays { wait 1h\npay() }")
            engine.load_text('flow wakes { wait 2h\nlog "awake" }')
            for _ in range(_MORE_THAN_A_SLICE):
                engine.start("stays")
            engine.start("wakes")
            await trio.sleep(150)
            assert not engine.activeflows
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, wall=lambda: 4e9, beside=at_once) as engine:
            engine.observe(watched)
            engine.recover()
            await trio.sleep(5)
            assert watched.lines.count("awake") == 1
            engine.add_action(Action("pay", "Pays."), pay)
            await trio.sleep(30)  # they are tried again
            await trio.sleep(30)
            assert not engine.activeflows
            assert store.archive.next_due((0, 0)) is None
    assert sum("stays parked" in each for each in watched.lines) == _MORE_THAN_A_SLICE


async def test_many_that_are_due_wake_without_a_pause(tmp_path: Path, autojump_clock: Virtual) -> None:
    count = 3 * _MORE_THAN_A_SLICE
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text('flow main(number) { wait 1h\nlog "${number}" }')
            for number in range(count):
                engine.start("main", number)
            await trio.sleep(150)
            assert not engine.activeflows
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, wall=lambda: 4e9, beside=at_once) as engine:
            engine.observe(watched)
            engine.recover()
            await trio.sleep(0.5)
    assert watched.lines == [str(each) for each in range(count)]
