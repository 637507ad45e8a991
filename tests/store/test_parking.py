"""What waits for long is not in memory, and goes on as if it were when what it waits for comes."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.model.action import Action
from flowlang.model.policy import EVERYTHING
from flowlang.store.database import Database
from flowlang.store.reading import FILE, open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier, DyingStore, Watched

Virtual = trio.testing.MockClock

SIGNALS = """
flow main(start) {
    let sum = start
    on signal "add" as s { sum = sum + s.data }
    wait for signal "end"
    log "sum ${sum}"
}
"""
TALK = """
route sms => talk
flow talk {
    send "hello ${message.text}"
    loop up to 5 {
        let next = wait for message
        send "next ${next.text}"
    }
}
"""


def states(folder: Path) -> list[str]:
    with open_archive(folder) as archive:
        return [each.state for each in archive.activeflows(all_of_them=True)]


async def parked(engine: flowlang.Engine, count: int) -> None:
    """Waits until those that are idle are parked; so many are left in memory then."""
    await trio.sleep(75)
    assert len(engine.activeflows) == count


async def test_a_signal_wakes_one_that_is_parked(tmp_path: Path, autojump_clock: Virtual) -> None:
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.observe(watched)
            engine.recover()
            engine.load_text(SIGNALS)
            activeflow = engine.start("main", 1).id
            assert await engine.signalled(activeflow, "add", 2)
            for number in (3, 4):
                await parked(engine, 0)
                assert states(tmp_path) == ["parked"]
                assert await engine.signalled(activeflow, "add", number)
                assert states(tmp_path) == ["live"]
            await parked(engine, 0)
            assert engine.signal(activeflow, "end")
            await parked(engine, 0)
            await trio.sleep(1)
            assert states(tmp_path) == ["ended"]
            assert not await engine.signalled(activeflow, "add", 5)
    assert watched.lines == ["sum 10"]


async def test_nothing_of_it_is_in_memory(tmp_path: Path, autojump_clock: Virtual) -> None:
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text(SIGNALS)
            activeflow = engine.start("main", 1).id
            await trio.sleep(1)
            running = engine.living(activeflow)
            assert running is not None
            kept = weakref.ref(running.flow)
            del running
            await parked(engine, 0)
            gc.collect()
            assert kept() is None
            assert engine.timers == 0


async def test_deadlines_wake_those_that_are_parked_in_their_order(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = 'flow main(name, d) { wait d\nlog "${name}" }'
    minute = flowlang.model.values.MINUTE
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.observe(watched)
            engine.recover()
            engine.load_text(text)
            for name, minutes in (("third", 30), ("first", 10), ("second", 20)):
                engine.start("main", name, flowlang.model.values.Duration(minutes * minute))
            await parked(engine, 0)
            began = trio.current_time()
            await trio.sleep(15 * 60)
            assert watched.lines == ["first"]
            await trio.sleep(20 * 60 - (trio.current_time() - began - 15 * 60))
    assert watched.lines == ["first", "second", "third"]


async def test_those_that_came_due_while_nobody_ran_are_met_at_once(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = 'flow main(name, d) { wait d\nlog "${name}" }'
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text(text)
            for name, hours in (("second", 2), ("first", 1)):
                engine.start("main", name, flowlang.model.values.Duration(hours * 3_600_000_000))
            await parked(engine, 0)
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, wall=lambda: 4e9) as engine:
            engine.observe(watched)
            assert engine.recover().live == ()
            await trio.sleep(5)
    assert watched.lines == ["first", "second"]


async def test_a_message_of_its_thread_and_a_report_wake_it(tmp_path: Path, autojump_clock: Virtual) -> None:
    text = TALK + 'flow wait_report { let r = wait for delivered\nlog "delivered ${r.id}" }'
    text = text.replace('send "hello ${message.text}"', 'on delivered as r { log "delivered ${r.id}" }\n'
                        'send "hello ${message.text}"')  # fmt: skip
    carrier, watched = Carrier(), Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.observe(watched)
            engine.recover()
            engine.load_text(text)
            await engine.listen()
            carrier.receive("+14155550100", "a")
            carrier.receive("+14155550101", "b")
            await trio.sleep(1)
            await parked(engine, 0)
            carrier.receive("+14155550100", "c")
            await trio.sleep(1)
            assert carrier.sent == ["hello a", "hello b", "next c"]
            assert len(engine.activeflows) == 1
            await parked(engine, 0)
            carrier.report(carrier.commands_out[1].key, "delivered")
            await trio.sleep(1)
            assert watched.lines == [f"delivered {carrier.commands_out[1].key}"]
    assert states(tmp_path) == ["parked", "live"]


async def test_a_parked_one_is_woken_in_another_process(tmp_path: Path, autojump_clock: Virtual) -> None:
    carrier = Carrier()
    for text in ("a", "b", "c"):
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                assert engine.recover().live == ()
                if text == "a":
                    engine.load_text(TALK)
                await engine.listen()
                carrier.receive("+14155550100", text)
                await trio.sleep(1)
                await parked(engine, 0)
    assert carrier.sent == ["hello a", "next b", "next c"]


async def test_what_its_host_holds_or_what_is_under_way_stays(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async def forever() -> None:
        await trio.sleep_forever()

    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.add_action(Action("idle", "Does nothing."), forever)
            engine.recover()
            engine.load_text("flow held { wait 1d }\nflow busy { idle() }\nflow soon { every 50s { } }")
            held = engine.start("held")
            busy = engine.start("busy").id
            soon = engine.start("soon").id
            await trio.sleep(600)
            assert set(engine.activeflows) == {held.id, busy, soon}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(3, 8))
async def test_a_crash_while_parking_or_waking_loses_nothing(
    at: int, after: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    """Commits: the start, an `add`, the parking, the waking with an `add`, the parking, an `add`."""
    given: list[int] = [1]
    activeflow = ""
    try:
        with DyingStore(tmp_path, at, after=after) as store:
            async with flowlang.open_engine(store=store) as engine:
                engine.recover()
                engine.load_text(SIGNALS)
                activeflow = engine.start("main", 1).id
                for number in (2, 3, 4):
                    if await engine.signalled(activeflow, "add", number):
                        given.append(number)
                    await parked(engine, 0)
                    await trio.sleep(10)
    except flowlang.StoreError:
        pass
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.observe(watched)
            assert not engine.recover().diverged
            assert await engine.signalled(activeflow, "end")
            await trio.sleep(1)
    assert watched.lines in ([f"sum {sum(given)}"], [f"sum {sum(given) + given[-1] + 1}"])


async def test_a_handoff_is_parked_and_woken(tmp_path: Path, autojump_clock: Virtual) -> None:
    text = """
        flow main(n) {
            let e = wait for signal "go"
            handoff main(n + e.data)
        }
    """
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text(text)
            activeflow = engine.start("main", 1).id
            for _ in range(3):
                await trio.sleep(1)
                await parked(engine, 0)
                assert await engine.signalled(activeflow, "go", 5)
            await trio.sleep(1)
            run = engine.run_of(activeflow)
            assert run is not None
            assert engine.living(activeflow).flow.opening.arguments == {"n": 16}  # pyright: ignore
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            assert engine.recover().live == (activeflow,)


async def test_parked_ones_count_among_those_that_a_family_may_have(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = 'flow main { loop up to 6 { start child()\nwait 3m } }\nflow child { wait for signal "never" }'
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        limits = flowlang.core.Limits(family=4)
        async with flowlang.open_engine(store=store, limits=limits) as engine:
            engine.observe(watched)
            engine.recover()
            engine.load_text(text)
            activeflow = engine.start("main").id
            await trio.sleep(1200)
    assert len(states(tmp_path)) == 4
    assert f"4 activeflows that {activeflow} began are alive" in watched.lines[0]


async def test_what_waits_for_a_slow_disk_is_not_parked(tmp_path: Path, autojump_clock: Virtual) -> None:
    done: list[str] = []

    async def work() -> str:
        done.append("work")
        return "done"

    async def slowly(commit: Callable[[], None]) -> None:
        await trio.sleep(30)
        commit()

    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, park_after=1, beside=slowly) as engine:
            engine.add_action(Action("work", "Works."), work)
            engine.observe(watched)
            engine.recover()
            engine.load_text('flow main { log "${work()}"\nwait for signal "end" }')
            engine.start("main")
            await trio.sleep(300)
    assert (done, watched.lines) == (["work"], ["done"])
    assert states(tmp_path) == ["parked"]


async def test_an_input_in_the_commit_that_parks_keeps_it_awake(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text(SIGNALS)
            activeflow = engine.start("main", 1).id
            await trio.sleep(1)
            running = engine.living(activeflow)
            assert running is not None
            store.park(running.journal, None, (), ())
            assert await engine.signalled(activeflow, "add", 2)
            assert states(tmp_path) == ["live"]


async def test_one_that_ends_in_the_commit_that_parks_it_is_over_for_good(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text(SIGNALS)
            activeflow = engine.start("main", 1).id
            await trio.sleep(1)
            running = engine.living(activeflow)
            assert running is not None
            engine.parking._park(running)  # pyright: ignore[reportPrivateUsage] (as its clock does)
            engine.stop(activeflow)
            await trio.sleep(1)
            assert engine.activeflows == ()
    assert states(tmp_path) == ["ended"]


async def test_a_message_that_comes_again_after_a_crash_is_known_to_one_that_is_parked(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Carrier()
    for round_ in range(2):
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                engine.recover()
                engine.load_text(TALK)
                await engine.listen()
                for text in ("a", "b", "b"):
                    carrier.receive("+14155550100", text)
                    await trio.sleep(1)
                if round_ == 0:
                    await parked(engine, 0)
    assert carrier.sent == ["hello a", "next b"]


async def test_one_that_diverges_as_it_is_woken_is_woken_once(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text(SIGNALS)
            activeflow = engine.start("main", 1).id
            await parked(engine, 0)
    db = Database(tmp_path / FILE)
    db.execute("UPDATE journal SET outcome = x'00'")
    db.close()
    watched = Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.observe(watched)
            engine.recover()
            assert [engine.signal(activeflow, "add", each) for each in range(3)] == [False] * 3
            await trio.sleep(1)
            assert not engine.signal(activeflow, "add", 4)
    assert states(tmp_path) == ["diverged"]
    assert [line.partition(":")[0] for line in watched.lines] == [f"{activeflow} diverged"]
