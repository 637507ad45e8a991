"""Calls that flows place, on simulated phones and a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from trio.testing import wait_all_tasks_blocked

import flowlang
from flowlang.backends.simulator import Ended, SimulatorBackend
from flowlang.model.cdr import CallRecord
from flowlang.model.observations import CallRecorded, Logged, Observation
from flowlang.model.policy import EVERYTHING
from flowlang.model.values import SECOND

DESK, ALICE, NURSE = "+16062067563", "+14155550100", "sip:nurse@clinic.example"
SCRIPT = """
policy { allow dial "sip:*@clinic.example"; allow dial "+1415*" }

route call => desk
route outbound call => hello(call.data)

flow desk {
    match dial("sip:nurse@clinic.example", timeout: 20s) {
        answered as a => log "talked ${a.duration}"
        busy, no_answer, rejected, failed => say "Nobody is there."
        cancelled => log "left"
    }
}

flow hello(name) { say "Hello ${name}." }

## The host starts it.
flow remind {
    match call(+14155550100, from: +16062067563, data: "Ann") {
        answered => log "reached"
        _        => log "not reached"
    }
}
"""


class Day:
    def __init__(self, engine: flowlang.Engine, simulator: SimulatorBackend) -> None:
        self.engine = engine
        self.simulator = simulator
        self.logged: list[str] = []
        self.records: list[CallRecord] = []
        engine.observe(self._see)

    def _see(self, observation: object) -> None:
        if isinstance(observation, Logged):
            self.logged.append(observation.text)
        if isinstance(observation, CallRecorded):
            self.records.append(observation.record)


@asynccontextmanager
async def opened() -> AsyncGenerator[Day]:
    simulator = SimulatorBackend()
    async with flowlang.open_engine(backends=[simulator], policy=EVERYTHING) as engine:
        engine.load_text(SCRIPT)
        await engine.listen()
        yield Day(engine, simulator)


async def test_a_record_tells_for_how_long_it_was_held_and_who_took_its_place(autojump_clock: object) -> None:
    async with opened() as day:
        alice = day.simulator.call(source=ALICE, to=DESK)
        nurse = await day.simulator.wait_called(NURSE)
        nurse.answer()
        await alice.wait_answered()
        nurse.hold()
        await trio.sleep(5)
        nurse.unhold()
        nurse.transfer("sip:doctor@clinic.example")
        doctor = await day.simulator.wait_called("sip:doctor@clinic.example")
        doctor.answer()
        await nurse.wait_ended()
        doctor.speak("The doctor.")
        await alice.wait_heard("The doctor.")
        alice.hang_up()
        await doctor.wait_ended()
    (record,) = (each for each in day.records if each.to == NURSE)
    assert (record.held, record.transferred_to) == (5 * SECOND, "sip:doctor@clinic.example")


async def test_the_caller_talks_with_whoever_answers(autojump_clock: object) -> None:
    async with opened() as day:
        alice = day.simulator.call(source=ALICE, to=DESK)
        nurse = await day.simulator.wait_called(NURSE)
        nurse.answer()
        await alice.wait_answered()
        nurse.speak("This is the nurse.")
        await alice.wait_heard("the nurse")
        nurse.hang_up()
        assert await alice.wait_ended() == Ended("us", "normal")
        directions = sorted(each.direction for each in day.records)
        assert directions == ["in", "out"]
        out = next(each for each in day.records if each.direction == "out")
        assert (out.to, out.cause, out.ended_by, out.status) == (NURSE, "normal", "callee", 200)


async def test_a_leg_that_nobody_answers_is_given_up_in_time(autojump_clock: object) -> None:
    async with opened() as day:
        started = day.engine.now()
        alice = day.simulator.call(source=ALICE, to=DESK)
        nurse = await day.simulator.wait_called(NURSE)
        assert await nurse.wait_ended() == Ended("us", "cancelled")
        assert day.engine.now() - started == 20 * SECOND
        await alice.wait_heard("Nobody is there.")


async def test_a_caller_who_leaves_cancels_the_leg(autojump_clock: object) -> None:
    async with opened() as day:
        alice = day.simulator.call(source=ALICE, to=DESK)
        nurse = await day.simulator.wait_called(NURSE)
        alice.hang_up()
        assert await nurse.wait_ended() == Ended("us", "cancelled")
        assert day.logged[-1:] == ["left"]


async def test_a_call_that_is_placed_starts_an_activeflow_of_its_own(autojump_clock: object) -> None:
    async with opened() as day:
        run = day.engine.start("remind")
        ann = await day.simulator.wait_called(ALICE)
        ann.answer()
        assert (await run.ended()).how == "done"
        await ann.wait_heard("Hello Ann.", to_the_end=True)
        assert await ann.wait_ended() == Ended("us", "normal")
        assert day.logged == ["reached"]
        assert day.engine.activeflows == ()


SECRETS = """
policy { allow dial "sip:*@clinic.example" }

route outbound call => hello(call.data)

flow hello(name) { log "${name} at ${caller.address}" }

flow reach(number) {
    secret let pin = number
    call("sip:${pin}@clinic.example", from: "sip:${pin}@clinic.example", data: "PIN ${pin}")
}
"""


async def test_what_a_placed_call_has_of_a_secret_stands_in_no_record(autojump_clock: object) -> None:
    watched: list[Observation] = []
    async with opened() as day:
        day.engine.observe(watched.append)
        day.engine.load_text(SECRETS)
        reached = day.engine.start("reach", number="4711")
        phone = await day.simulator.wait_called("sip:4711@clinic.example")
        phone.answer()
        await reached.ended()
        await phone.wait_ended()
    (record,) = day.records
    assert (record.source, record.to) == ("•••", "•••")
    assert day.logged == ["•••"]
    assert "4711" not in "".join(repr(each) for each in watched)


async def test_who_answers_and_leaves_at_once_still_has_an_activeflow(autojump_clock: object) -> None:
    async with opened() as day:
        started = day.engine.start("remind")
        alice = await day.simulator.wait_called(ALICE)
        alice.answer()
        alice.hang_up()
        assert (await started.ended()).how == "done"
        await wait_all_tasks_blocked()
        assert day.engine.activeflows == ()
    assert day.logged == ["reached"]


async def test_who_takes_a_callers_place_and_leaves_at_once_ends_the_call(autojump_clock: object) -> None:
    async with opened() as day:
        alice = day.simulator.call(source=ALICE, to=DESK)
        nurse = await day.simulator.wait_called(NURSE)
        nurse.answer()
        await alice.wait_answered()
        alice.transfer("sip:doctor@clinic.example")
        doctor = await day.simulator.wait_called("sip:doctor@clinic.example")
        doctor.answer()
        doctor.hang_up()
        await nurse.wait_ended()
        await wait_all_tasks_blocked()
        assert day.engine.activeflows == ()
