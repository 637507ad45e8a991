"""A clock that jumps, forwards by a year or back by a day, loses nothing: what lives goes on, what came is
known, records have their times in order, and secrets can be read for as long as they are kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.engine.clock import watch_clock
from flowlang.engine.retention import Retention, forget
from flowlang.model.action import Action
from flowlang.model.policy import EVERYTHING
from flowlang.model.values import DAY, SECOND
from flowlang.store.database import Database
from flowlang.store.reading import FILE, open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier, Watched
from .test_damage import BUILD

Virtual = trio.testing.MockClock

NOON = 1_801_483_200.0
"""Seconds: noon of the first day of February 2027, so that a day back is another month."""
YEAR = 365 * 86_400.0
BACK = -86_400.0

TEXT = """
route sms => talk
flow talk {
    send "hello ${message.text}"
    loop { let next = wait for message
        send "next ${next.text}" }
}
flow counts {
    secret let pin = ask_pin()
    let sum = 0
    on signal "add" as s { sum = sum + s.data
        pin = ask_pin() }
    wait for signal "end"
    log "sum ${sum}"
}
flow waits { wait 10d
    log "over" }
"""


async def at_once(work: Callable[[], None]) -> None:
    """A commit for which a virtual clock need not wait."""
    work()


async def ask_pin() -> str:
    return "4711"


@pytest.mark.parametrize("parks", [False, True])
@pytest.mark.parametrize(
    "jumps", [(YEAR,), (BACK,), (YEAR, BACK), (BACK, YEAR), (BACK, BACK, YEAR, -YEAR, BACK)]
)
async def test_what_lives_goes_on_wherever_the_clock_jumps(
    jumps: tuple[float, ...], parks: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    wall, activeflow, watched = NOON, "", Watched()
    for number, jump in enumerate((0.0, *jumps)):
        wall += jump
        carrier = Carrier()
        with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
            async with flowlang.open_engine(
                [carrier], store=store, policy=EVERYTHING, wall=lambda at=wall: at, beside=at_once
            ) as engine:
                engine.observe(watched)
                engine.add_action(Action("ask_pin", "Asks."), ask_pin)
                engine.load_text(f'policy {{ allow sms "+1*" }}{TEXT}')
                recovered = engine.recover()
                await engine.listen()
                assert (recovered.diverged, recovered.held) == ({}, {})
                if not number:
                    activeflow = engine.start("counts").id
                    engine.start("waits")
                await trio.sleep(1)
                carrier.receive("+14155550100", f"m{number}")
                carrier.receive("+14155550100", "m0")  # sent once more: it was here
                assert await engine.signalled(activeflow, "add", 1)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(forget, engine, store, Retention())
                    await trio.sleep(90 if parks else 5)
                    nursery.cancel_scope.cancel()
                assert carrier.sent == [f"next m{number}" if number else "hello m0"]
                if number == len(jumps):
                    assert await engine.signalled(activeflow, "end")
                    await trio.sleep(1)
    assert f"sum {len(jumps) + 1}" in watched.lines
    assert watched.lines.count("over") == (YEAR in jumps)


def test_a_secret_of_a_clock_that_was_set_back_can_be_read_while_its_activeflow_is_kept(
    tmp_path: Path,
) -> None:
    began = round(NOON) * SECOND
    with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
        journal = store.journal("one", BUILD)
        journal.open({"flow": "main", "at": began})
        journal.append(["result", began - DAY, {"$secret": "4711"}], b"")
        store.commit()
        store.prune(began + 100 * DAY, 0, 0)
        store.commit()
    with open_archive(tmp_path / "data", tmp_path / "keys") as archive:
        (stored,) = archive.activeflows()
        assert archive.entries(stored)[0].given[2] == {"$secret": "4711"}


async def test_keys_are_of_the_clock_by_which_they_are_forgotten(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
        async with flowlang.open_engine(
            store=store, wall=lambda: NOON, beside=at_once, park_after=None
        ) as engine:
            engine.add_action(Action("ask_pin", "Asks."), ask_pin)
            engine.load_text(TEXT)
            engine.recover()
            run = engine.start("counts")
            await trio.sleep(1)
            assert [each.stem[:7] for each in (tmp_path / "keys").rglob("*.key")] == ["2027-02"]
            await engine.signalled(run.id, "end")
            await engine.keeper.on_disk()
            for days, left in ((27, ["2027-02"]), (28, [])):
                for _ in range(2):  # first the journal, then the key
                    store.prune(engine.now() + days * DAY, 0, 0)
                    store.commit()
                assert [each.stem[:7] for each in (tmp_path / "keys").rglob("*.key")] == left


async def test_records_left_open_end_no_earlier_than_they_began(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    began = round(NOON) * SECOND
    with SqliteStore(tmp_path) as store:
        row = {
            "leg": "a",
            "call_id": "c",
            "direction": "in",
            "source": "a",
            "to": "b",
            "held": 0,
            "ended": None,
        }
        store.keep_record({**row, "started": began, "rang": began + 1, "answered": began + 2})
        store.alive(began - DAY)
        store.commit()
    for jump in (BACK, YEAR):
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(store=store, wall=lambda at=NOON + jump: at) as engine:
                engine.recover()
    db = Database(tmp_path / FILE)
    ((*times, cause),) = db.rows("SELECT started, rang, answered, ended, cause FROM records")
    db.close()
    assert cause == "lost"
    assert all(before <= after for before, after in pairwise(times))


async def test_a_clock_that_is_set_while_it_runs_moves_no_timer_and_is_told_once(
    autojump_clock: Virtual,
) -> None:
    walls, watched = [NOON], Watched()

    def wall() -> float:
        return walls[-1] + trio.current_time()

    async with flowlang.open_engine(wall=wall) as engine, trio.open_nursery() as nursery:
        engine.observe(watched)
        engine.load_text('flow main { wait 10m\nlog "10" }')
        nursery.start_soon(watch_clock, engine, wall)
        engine.start("main")
        began = engine.now()
        for set_by, minutes in ((0.0, 3), (1.0, 2), (YEAR, 3), (YEAR + BACK, 5), (0.0, 2)):
            walls.append(NOON + set_by)
            await trio.sleep(minutes * 60)
        assert engine.now() - began == 15 * 60 * SECOND
        nursery.cancel_scope.cancel()
    told = [line.partition(": it ")[2][:15] or line for line in watched.lines]
    assert told == ["is 31536000 s a", "is 31449600 s a", "10", "agrees with flo"]


@pytest.mark.parametrize("parks", [False, True])
async def test_who_wrote_first_has_the_thread_where_the_clock_was_set_back_a_little_between(
    parks: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = """
    policy { allow sms "*" }
    route sms => other
    flow other { log "other has it" }
    flow writes(name) { sms to: "+14155550100", text: name
        let m = wait for message
        log "${name} has it" }
    """
    watched = Watched()

    async def process(back: float, begins: str | None) -> None:
        carrier, began = Carrier(), trio.current_time()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(
                [carrier], store=store, policy=EVERYTHING, beside=at_once,
                wall=lambda: NOON - back + trio.current_time() - began, park_after=10.0 if parks else None,
            ) as engine:  # fmt: skip
                engine.observe(watched)
                engine.load_text(text)
                await engine.listen()
                if begins is not None:
                    engine.start("writes", begins)
                    await trio.sleep(60)
                else:
                    carrier.receive("+14155550100", "hello")
                    await trio.sleep(1)

    await process(0.0, "first")
    await process(600.0, "second")
    await process(1_200.0, None)
    assert watched.lines == ["first has it"]
