"""Recovery: what lived goes on at the same line with the same variables; what was under way is told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

import flowlang
from flowlang.backends.simulator import SimulatorBackend
from flowlang.model.observations import CallRecorded
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import CHARGE, PRINT, DyingStore, Watched, engine_on

COUNTER = """
flow main(start) {
    let sum = start
    on signal "add" as s { sum = sum + s.data
        log "sum ${sum}" }
    wait 1h
    return sum
}
"""

Virtual = trio.testing.MockClock


async def ended(engine: flowlang.Engine) -> None:
    """Waits for the end of all that live."""
    for run in [engine.run_of(each) for each in engine.activeflows]:
        assert run is not None
        await run.ended()


async def test_an_activeflow_goes_on_with_the_same_variables(tmp_path: Path, autojump_clock: Virtual) -> None:
    async with engine_on(SqliteStore(tmp_path), COUNTER) as (engine, _):
        run = engine.start("main", 5)
        assert await engine.signalled(run.id, "add", 3)
    async with engine_on(SqliteStore(tmp_path)) as (engine, recovered):
        assert recovered.live == (run.id,)
        assert await engine.signalled(run.id, "add", 4)
        again = engine.run_of(run.id)
        assert again is not None
        assert (await again.ended()).value == 12
    async with engine_on(SqliteStore(tmp_path)) as (_, recovered):
        assert recovered.live == ()


async def test_it_keeps_the_text_that_it_began_with(tmp_path: Path, autojump_clock: Virtual) -> None:
    async with engine_on(SqliteStore(tmp_path), 'flow main { wait 1h\nreturn "old" }') as (engine, _):
        run = engine.start("main")
        await trio.sleep(1)
    async with engine_on(SqliteStore(tmp_path), 'flow main { return "new" }') as (engine, _):
        again = engine.run_of(run.id)
        assert again is not None
        assert (await again.ended()).value == "old"
        assert (await engine.start("main").ended()).value == "new"


async def test_listening_brings_back_what_lived_where_nobody_asked_for_it(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async with engine_on(SqliteStore(tmp_path), "flow main { wait 1h }") as (engine, _):
        run = engine.start("main")
        await trio.sleep(1)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            await engine.listen()
            assert engine.activeflows == (run.id,)
            assert engine.recover().live == ()
            assert engine.activeflows == (run.id,)


async def test_deadlines_that_passed_meanwhile_are_met_in_order(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = 'flow main(name, d) { wait d\nlog "${name}" }'
    async with engine_on(SqliteStore(tmp_path), text) as (engine, _):
        for name, minutes in (("third", 30), ("first", 10), ("second", 20)):
            engine.start("main", name, flowlang.model.values.Duration(minutes * 60_000_000))
        await trio.sleep(1)
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, wall=lambda: 4e9) as engine:
            engine.observe(watched)
            engine.recover()
            await ended(engine)
    assert watched.lines == ["first", "second", "third"]


async def test_what_repeats_is_done_again_with_the_same_key(tmp_path: Path, autojump_clock: Virtual) -> None:
    keys: list[str] = []

    async def forever(amount: int, key: str) -> None:
        keys.append(key)
        await trio.sleep_forever()

    async def charge(amount: int, key: str) -> str:
        keys.append(key)
        return f"paid {amount}"

    text = "flow main { return charge(7) }"
    async with engine_on(SqliteStore(tmp_path), text, None, (CHARGE, forever)) as (engine, _):
        run = engine.start("main")
        await trio.sleep(1)
    async with engine_on(SqliteStore(tmp_path), None, None, (CHARGE, charge)) as (engine, _):
        again = engine.run_of(run.id)
        assert again is not None
        assert (await again.ended()).value == "paid 7"
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_what_does_not_repeat_ends_as_unknown(tmp_path: Path, autojump_clock: Virtual) -> None:
    done: list[str] = []

    async def forever() -> None:
        done.append("printed")
        await trio.sleep_forever()

    text = "flow main { try { print_label() } catch e { return e.code }\n return 0 }"
    async with engine_on(SqliteStore(tmp_path), text, None, (PRINT, forever)) as (engine, _):
        run = engine.start("main")
        await trio.sleep(1)
    async with engine_on(SqliteStore(tmp_path), None, None, (PRINT, forever)) as (engine, _):
        again = engine.run_of(run.id)
        assert again is not None
        assert (await again.ended()).value == "unknown"
    assert done == ["printed"]


async def test_a_flow_on_a_dead_call_sees_it_lost_and_its_record_is_closed_so(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = """
        route call => desk
        flow desk { answer
            on hangup as h { log "gone: ${h.cause}" }
            wait 5m }
    """
    store = DyingStore(tmp_path)
    phones = SimulatorBackend()
    with store:
        async with flowlang.open_engine([phones], store=store) as engine:
            engine.load_text(text)
            await engine.listen()
            phones.call(source="+14155550100", to="+16062067563")
            await trio.sleep(55)  # seconds: five more than the last checkpoint
            store.dead = True
    watched = Watched()
    with SqliteStore(tmp_path) as again:
        async with flowlang.open_engine(store=again) as engine:
            records: list[CallRecorded] = []
            engine.observe(watched)
            engine.observe(lambda each: records.append(each) if isinstance(each, CallRecorded) else None)
            recovered = engine.recover()
            await ended(engine)
    (record,) = recovered.records
    assert (record.cause, record.ended_by, record.activeflow) == ("lost", "network", recovered.live[0])
    assert 45_000_000 <= record.talked <= 55_000_000
    assert [each.record for each in records] == [record]
    assert watched.lines == ["gone: lost"]
    with open_archive(tmp_path) as archive:
        (kept,) = archive.records()
    assert (kept["cause"], kept["ended"]) == ("lost", record.ended)


async def test_a_replay_that_differs_parks_the_activeflow_and_says_where(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async with engine_on(SqliteStore(tmp_path), COUNTER) as (engine, _):
        run = engine.start("main", 5)
        await engine.signalled(run.id, "add", 3)
    with SqliteStore(tmp_path) as store:
        store._db.execute("UPDATE journal SET outcome = x'00' WHERE row = 2")
    for _ in range(2):  # and it stays so
        async with engine_on(SqliteStore(tmp_path)) as (engine, recovered):
            assert recovered.live == ()
            assert engine.activeflows == ()
    with open_archive(tmp_path) as archive:
        (stored,) = archive.beginning(run.id, 1)
        assert stored.state == "diverged"
        assert "entry 1 (event)" in stored.ending


async def test_one_that_started_another_loses_neither(tmp_path: Path, autojump_clock: Virtual) -> None:
    text = 'flow main { start other\nwait 1h }\nflow other { wait 1h\nlog "other" }'
    for after in (False, True):
        folder, ids = tmp_path / str(after), list[str]()
        with pytest.raises(flowlang.StoreError):  # noqa: PT012 (what runs then is what the test is about)
            async with engine_on(DyingStore(folder, 2, after=after), text) as (engine, _):
                run = engine.start("main")
                ids += run.id, f"{run.id}.1"
                await trio.sleep(1)
                engine.signal(run.id, "go")
                await trio.sleep(1)
        async with engine_on(SqliteStore(folder)) as (engine, recovered):
            assert list(recovered.live) == ids


async def test_a_handoff_is_cut_and_goes_on(tmp_path: Path, autojump_clock: Virtual) -> None:
    text = "flow main { wait 1m\nhandoff next(7) }\nflow next(n) { wait 1h\nreturn n }"
    async with engine_on(SqliteStore(tmp_path), text) as (engine, _):
        run = engine.start("main")
        await trio.sleep(120)
    async with engine_on(SqliteStore(tmp_path)) as (engine, recovered):
        assert recovered.live == (run.id,)
        again = engine.run_of(run.id)
        assert again is not None
        assert (await again.ended()).value == 7


async def test_modules_are_kept_with_the_script(tmp_path: Path, autojump_clock: Virtual) -> None:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "words.flow").write_text('func word() { return "kept" }')
    (folder / "main.flow").write_text('use "./words"\nflow main { wait 1h\nreturn words.word() }')
    with SqliteStore(tmp_path / "data") as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.load(folder / "main.flow")
            run = engine.start("main")
            await trio.sleep(1)
    (folder / "words.flow").unlink()
    async with engine_on(SqliteStore(tmp_path / "data")) as (engine, _):
        again: Any = engine.run_of(run.id)
        assert (await again.ended()).value == "kept"


async def test_nothing_goes_out_before_its_input_is_on_disk(tmp_path: Path, autojump_clock: Virtual) -> None:
    done: list[int] = []

    async def charge(amount: int, key: str) -> None:
        done.append(amount)

    with pytest.raises(flowlang.StoreError, match="killed"):  # noqa: PT012 (as above)
        async with engine_on(DyingStore(tmp_path, 1), "flow main { charge(7) }", None, (CHARGE, charge)) as (
            engine, _,
        ):  # fmt: skip
            engine.start("main")
            await trio.sleep(1)
    assert done == []


async def test_shutting_down_lets_what_has_no_call_go_on_later(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async with engine_on(SqliteStore(tmp_path), COUNTER) as (engine, _):
        run = engine.start("main", 1)
        await engine.shutdown()
    async with engine_on(SqliteStore(tmp_path)) as (_, recovered):
        assert recovered.live == (run.id,)


async def test_a_clock_that_was_set_back_undoes_nothing_and_one_set_ahead_ends_waits_at_once(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = 'flow main { log "begun"\nwait 10m\nlog "over" }'
    watched = Watched()
    noon = 1_800_000_000.0
    for wall, lasts, lines in ((noon, 60, []), (noon - 7_200, 3_600, []), (noon + 86_400, 1, ["over"])):
        watched.lines.clear()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(store=store, wall=lambda at=wall: at, park_after=None) as engine:
                engine.observe(watched)
                if engine.recover().live == ():
                    engine.load_text(text)
                    engine.start("main")
                    watched.lines.clear()
                await trio.sleep(lasts)
        assert [each for each in watched.lines if each != "begun"] == lines
    with open_archive(tmp_path) as archive:
        (stored,) = archive.activeflows(all_of_them=True)
        times = [each.given[1] for each in archive.entries(stored)]
        assert stored.state == "ended"
        assert len(times) == 2
