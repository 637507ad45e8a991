"""What is over is forgotten after its time, and nothing that lives loses anything by it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import Finish
from flowlang.engine.retention import Retention, forget
from flowlang.model.message_commands import OutsideCommand
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done
from flowlang.model.values import DAY, Outcome
from flowlang.store.database import Database
from flowlang.store.reading import FILE, open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier, Watched
from .test_damage import BUILD

Virtual = trio.testing.MockClock

TEXT = """
flow brief(n) { wait 1s }
flow long {
    let sum = 0
    on signal "add" as s { sum = sum + s.data }
    wait for signal "end"
    return sum
}
flow hands(n) { wait for signal "go"
    handoff hands(n + 1) }
"""


class SlowCarrier(Carrier):
    """Says long after what became of a message."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)
        self.asked: list[Finish] = []

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        self.asked.append(finish)
        return super().send(command, finish)


def rows(folder: Path, table: str) -> int:
    db = Database(folder / FILE, read_only=True)
    try:
        return db.value(f"SELECT count(*) FROM {table}")  # noqa: S608 (ours)
    finally:
        db.close()


async def test_journals_go_after_their_time_and_those_that_live_stay_whole(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine, trio.open_nursery() as nursery:
            engine.recover()
            engine.load_text(TEXT)
            nursery.start_soon(forget, engine, store, Retention(journals=2, records=2), 3600)
            for number in range(5):
                engine.start("brief", number)
            long, hands = engine.start("long"), engine.start("hands", 0)
            for number in range(1, 5):
                await engine.signalled(long.id, "add", number)
                await engine.signalled(hands.id, "go")
            await trio.sleep(86_400)
            assert rows(tmp_path, "activeflows") == 7
            await trio.sleep(2 * 86_400)
            with open_archive(tmp_path) as archive:
                left = list(archive.activeflows(all_of_them=True))
                assert {each.id for each in left} == {long.id, hands.id}
                entries = sum(len(archive.entries(each)) for each in left)
            assert rows(tmp_path, "builds") == rows(tmp_path, "texts") == 1
            engine.start("brief", 9)  # its text is there again, or still
            await engine.signalled(long.id, "end")
            assert (await long.ended()).value == 10
            await engine.signalled(hands.id, "go")
            nursery.cancel_scope.cancel()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            assert hands.id in engine.recover().live
    assert entries <= rows(tmp_path, "journal")


async def test_texts_that_nothing_runs_on_go_and_come_back_with_the_next_who_needs_them(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine, trio.open_nursery() as nursery:
            engine.recover()
            engine.load_text(TEXT)
            nursery.start_soon(forget, engine, store, Retention(journals=1), 3600)
            engine.start("brief", 1)
            await trio.sleep(3 * 86_400)
            assert [rows(tmp_path, each) for each in ("activeflows", "journal", "builds", "texts")] == [0] * 4
            run = engine.start("long")
            await engine.signalled(run.id, "add", 3)
            nursery.cancel_scope.cancel()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            assert engine.recover().live == (run.id,)


async def test_all_that_is_over_goes_at_one_look_and_calls_have_their_turn_between_slices(
    tmp_path: Path, autojump_clock: Virtual, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices: list[tuple[float, int]] = []

    async def beside(work: Callable[[], None]) -> None:
        work()
        slices.append((trio.current_time(), rows(tmp_path, "activeflows")))
        await trio.sleep(0.2)  # a disk that is slow

    monkeypatch.setattr("flowlang.store.pruning.ACTIVEFLOWS", 20)
    monkeypatch.setattr("flowlang.store.pruning.ROWS", 20)
    with SqliteStore(tmp_path) as store:
        for number in range(105):
            journal = store.journal(f"f{number}", BUILD)
            journal.open({"flow": "main", "at": 0})
            journal.append(["begin", 0], b"")
            journal.end(1, [])
            store.keep_seen("sms", f"f{number}", 1)
        store.commit()
        async with flowlang.open_engine(store=store, beside=beside, wall=lambda: 1e9) as engine:
            store.newest = 0
            async with trio.open_nursery() as nursery:
                nursery.start_soon(forget, engine, store, Retention())
                await trio.sleep(30)
                nursery.cancel_scope.cancel()
    assert [left for _, left in slices] == [85, 65, 45, 25, 5, 0]
    assert [rows(tmp_path, each) for each in ("journal", "seen", "builds", "texts")] == [0] * 4
    assert all(after - before > 0.39 for (before, _), (after, _) in pairwise(slices))


@pytest.mark.parametrize("kept", [None, 1, 30])
async def test_an_engine_that_is_told_how_long_forgets_what_is_over(
    kept: int | None, tmp_path: Path, autojump_clock: Virtual
) -> None:
    async def beside(work: Callable[[], None]) -> None:
        work()

    retention = Retention(journals=kept) if kept is not None else None
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(
            store=store, beside=beside, park_after=None, retention=retention
        ) as engine:
            engine.load_text(TEXT)
            await engine.listen()
            engine.start("brief", 1)
            await trio.sleep(1.1 * 86_400)
            assert rows(tmp_path, "activeflows") == (0 if kept == 1 else 1)


def test_records_that_are_open_or_young_stay(tmp_path: Path) -> None:
    common = {"call_id": "c", "direction": "in", "source": "a", "to": "b", "held": 0}
    with SqliteStore(tmp_path) as store:
        for leg, started, ended in (("old", 0, 5), ("open", 0, None), ("young", 20 * DAY, 21 * DAY)):
            store.keep_record({**common, "leg": leg, "started": started, "ended": ended})
        store.commit()
        store.prune(10 * DAY, 10 * DAY, 0)
        store.commit()
        assert {each["leg"] for each in store.archive.records()} == {"open", "young"}


@pytest.mark.parametrize("alive", [False, True])
def test_keys_of_secrets_go_too_but_for_those_of_what_lives(alive: bool, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
        name, _ = store.keys.current(0.0)
        if alive:
            store.journal("one", BUILD).open({"flow": "main", "at": 0})
            store.commit()
        store.prune(400 * DAY, 400 * DAY, 0)
        store.commit()
        assert (store.keys.find(name) is not None) is alive


@pytest.mark.parametrize("parked", [False, True])
def test_one_that_diverged_goes_so_long_after_that_however_old_it_is(parked: bool, tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        journal = store.journal("one", BUILD)
        journal.open({"flow": "main", "at": 0})
        journal.append(["begin", 0], b"")
        if parked:
            store.park(journal, None, (), ())
        store.commit()
        (stored,) = store.archive.activeflows()
        store.diverged(stored, 100 * DAY, "it does")
        store.commit()
        for at, left in ((99, 1), (101, 0)):
            store.prune(at * DAY, 0, 0)
            store.commit()
            assert rows(tmp_path, "activeflows") == left


async def test_what_a_handoff_left_behind_goes_though_an_older_activeflow_lives(
    tmp_path: Path, autojump_clock: Virtual, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowlang.store.sqlite.SWEPT", 7)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text(TEXT)
            long, hands = engine.start("long"), engine.start("hands", 0)
            for number in range(1, 21):
                await engine.signalled(long.id, "add", number)
                await engine.signalled(hands.id, "go")
            await trio.sleep(1)
            kept = [len(store.archive.entries(each)) for each in store.archive.activeflows()]
            for _ in range(10):
                store.prune(0, 0, 0)
                store.commit()
            assert rows(tmp_path, "journal") == sum(kept)
            assert [len(store.archive.entries(each)) for each in store.archive.activeflows()] == kept
            assert (kept[0] > 20, kept[1] < 5) == (True, True)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            assert set(engine.recover().live) == {long.id, hands.id}


@pytest.mark.parametrize("ahead", [0, 3650])
async def test_a_start_with_the_clock_far_ahead_forgets_nothing_for_a_day(
    ahead: int, tmp_path: Path, autojump_clock: Virtual
) -> None:
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, wall=lambda: 1e9) as engine:
            engine.load_text(TEXT)
            engine.start("brief", 1)
            await trio.sleep(5)
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, wall=lambda: 1e9 + ahead * 86_400) as engine:
            engine.observe(watched)
            engine.recover()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(forget, engine, store, Retention(journals=2, records=2))
                await trio.sleep(86_000)
                assert rows(tmp_path, "activeflows") == 1
                assert [line.startswith("the clock is 36") for line in watched.lines] == [True] * bool(ahead)
                await trio.sleep(2 * 86_400)
                assert rows(tmp_path, "activeflows") == 0
                nursery.cancel_scope.cancel()


async def at_once(work: Callable[[], None]) -> None:
    """Commits without a thread: a virtual clock would not wait for one."""
    work()


async def test_what_was_given_up_stays_for_its_time_counted_from_then(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = SlowCarrier()
    text = 'policy { allow sms "+1415*" }\nflow main { sms(to: "+14155550100", text: "hi") }'
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING, beside=at_once) as engine:
            await engine.listen()
            engine.load_text(text)
            engine.start("main")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(forget, engine, store, Retention(journals=2), 3600)
                await trio.sleep(5 * 86_400)
                carrier.asked[0](Done(Outcome("failed", {"reason": "carrier_down"})))
                await trio.sleep(86_400)
                assert [each.state for each in store.archive.outbox()] == ["failed"]
                await trio.sleep(2 * 86_400)
                assert store.archive.outbox() == []
                nursery.cancel_scope.cancel()


async def test_a_start_with_the_same_wrong_clock_forgets_nothing_either(
    tmp_path: Path, autojump_clock: Virtual, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowlang.engine.retention.DOUBT", 600.0)

    async def run(wall: float, minutes: float) -> None:
        with SqliteStore(tmp_path) as store:
            async with (
                flowlang.open_engine(store=store, wall=lambda: wall) as engine,
                trio.open_nursery() as nursery,
            ):
                engine.load_text(TEXT)
                nursery.start_soon(forget, engine, store, Retention(journals=1, records=1))
                engine.start("brief", 1)
                await trio.sleep(minutes * 60)
                nursery.cancel_scope.cancel()

    year = 365 * 86_400
    await run(1e9, 1)
    await run(1e9 + year, 5)
    await run(1e9 + year + 7_200, 5)
    assert rows(tmp_path, "activeflows") == 3
    await run(1e9 + 7_200, 1)  # it was wrong: there is nothing to doubt any more
    assert (rows(tmp_path, "activeflows"), rows(tmp_path, "doubt")) == (4, 0)
    await run(1e9 + year, 15)
    assert rows(tmp_path, "activeflows") < 5


def test_entries_go_with_the_handoff_behind_them_and_threads_with_who_diverges(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        journal = store.journal("f", BUILD)
        journal.open({"flow": "main", "at": 0})
        for number in range(10):
            journal.append(["begin", number], b"")
        store.commit()
        store.park(journal, None, [("sms", "+14155550100", None, 1)], ["m"])
        journal.open({"flow": "main", "at": 11})
        store.commit()
        assert (rows(tmp_path, "journal"), rows(tmp_path, "parked_threads")) == (0, 1)
        (stored,) = store.archive.activeflows()
        store.diverged(stored, 12, "why")
        store.commit()
        assert [rows(tmp_path, f"parked_{each}") for each in ("threads", "messages")] == [0, 0]
