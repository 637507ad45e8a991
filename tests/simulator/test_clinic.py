"""The clinic's front desk on simulated phones, on a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio.testing
from trio.testing import MockClock

import flowlang
from flowlang.backends.simulator import Ended, Refused, SimulatedPhone, SimulatorBackend
from flowlang.model.observations import CallRecorded, FlowEnded, Logged, Observation
from flowlang.model.values import SECOND

CLINIC = Path(__file__).resolve().parents[2] / "examples" / "clinic" / "desk.flow"
DESK = "+16062067563"
ALICE = "+14155550100"
MENU = "For the nurse, press 1."


class Day:
    """What was seen of the engine, and phones to call it with."""

    def __init__(self, engine: flowlang.Engine, simulator: SimulatorBackend) -> None:
        self.engine = engine
        self.simulator = simulator
        self.observed: list[Observation] = []
        engine.observe(self.observed.append)

    def call(self, source: str = ALICE, to: str = DESK) -> SimulatedPhone:
        return self.simulator.call(source=source, to=to)

    @property
    def logged(self) -> list[str]:
        return [each.text for each in self.observed if isinstance(each, Logged)]

    @property
    def endings(self) -> list[str]:
        return [each.how for each in self.observed if isinstance(each, FlowEnded)]


@asynccontextmanager
async def opened() -> AsyncGenerator[Day]:
    simulator = SimulatorBackend()
    async with flowlang.open_engine(backends=[simulator]) as engine:
        engine.load(CLINIC)
        await engine.listen()
        yield Day(engine, simulator)
        await engine.shutdown()


async def test_a_digit_stops_the_prompt_and_leads_to_its_branch(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.call()
        await alice.wait_heard(MENU)
        alice.press("1")
        await alice.wait_heard("The nurse is with a patient")
        assert [each.cut for each in alice.heard if each.what.startswith(MENU)] == [True]


async def test_the_nurse_calls_the_number_back_that_was_entered(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.call()
        await alice.wait_heard(MENU)
        alice.press("1")
        await alice.wait_heard("Enter the number to call")
        alice.press("5551234#")
        await alice.wait_heard("We will call 5 5 5 1 2 3 4.")
        assert await alice.wait_ended() == Ended("us", "normal")
        assert "call back 5551234" in day.logged


async def test_without_a_number_the_caller_is_called_back(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.call()
        await alice.wait_heard(MENU)
        alice.press("1")
        await alice.wait_ended()
        assert f"call back {ALICE}" in day.logged


async def test_an_appointment_has_a_day_and_a_time(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.call()
        await alice.wait_heard(MENU)
        alice.press("2")
        await alice.wait_heard("Which day suits you?")
        alice.press("5")
        await alice.wait_heard("For half past nine")
        alice.press("2")
        await alice.wait_heard("See you on Friday at eleven in the morning.")
        await alice.wait_ended()
        assert f"appointment for {ALICE}: Friday, 2" in day.logged


async def test_star_leads_back_to_the_menu_from_anywhere_in_it(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.call()
        await alice.wait_heard(MENU)
        alice.press("3")
        await alice.wait_heard("We are open")
        alice.press("*")
        await alice.wait_heard(MENU)
        assert [each.cut for each in alice.heard if each.what.startswith("We are open")] == [True]


async def test_a_silent_caller_hears_the_menu_three_times(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.call()
        await alice.wait_ended()
        heard = [each.what for each in alice.heard]
        assert sum(each.startswith(MENU) for each in heard) == 3
        assert heard.count("I did not hear anything.") == 3


async def test_a_caller_who_leaves_is_logged_and_recorded(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.call()
        await alice.wait_heard(MENU)
        alice.hang_up()
        await trio.testing.wait_all_tasks_blocked()
        assert day.endings == ["gone"]
        assert any(each.startswith("the caller left after") for each in day.logged)
        (record,) = [each.record for each in day.observed if isinstance(each, CallRecorded)]
        assert (record.flow, record.ended_by, record.cause, record.status) == (
            "desk",
            "caller",
            "normal",
            200,
        )
        assert record.talked == pytest.approx(alice.heard[-1].until * SECOND)
        assert day.engine.activeflows == ()


async def test_hold_is_an_event_that_does_not_disturb_the_menu(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.call()
        await alice.wait_heard(MENU)
        alice.hold()
        alice.unhold()
        await alice.wait_heard("I did not hear anything.")
        assert any("on hold" in each for each in day.logged)
        assert "the caller is back" in day.logged


async def test_numbers_that_only_sell_are_refused_before_they_hear_anything(
    autojump_clock: MockClock,
) -> None:
    async with opened() as day:
        seller = day.call(source="+19005550100")
        assert await seller.wait_ended() == Refused(603)
        assert seller.heard == ()


async def test_a_number_that_is_not_the_clinics_is_refused_with_404(autojump_clock: MockClock) -> None:
    async with opened() as day:
        assert await day.call(to="+16062067599").wait_ended() == Refused(404)


async def test_shutting_down_hangs_up_all_calls(autojump_clock: MockClock) -> None:
    async with opened() as day:
        phones = [day.call() for _ in range(20)]
        for each in phones:
            await each.wait_heard(MENU)
        await day.engine.shutdown()
        assert {each.state for each in phones} == {Ended("us", "normal")}
        assert day.engine.activeflows == ()
        assert day.call().state == Refused(503)


async def test_two_engines_in_one_process_know_nothing_of_each_other(autojump_clock: MockClock) -> None:
    async with opened() as one, opened() as other:
        alice = one.call()
        await alice.wait_heard(MENU)
        assert len(one.engine.activeflows) == 1
        assert other.engine.activeflows == ()
        assert other.observed == []


async def test_a_call_to_a_flow_past_the_routes(autojump_clock: MockClock) -> None:
    async with opened() as day:
        alice = day.simulator.call(source=ALICE, to="anybody", flow="hours")
        await alice.wait_heard("We are open", to_the_end=True)
        assert isinstance(await alice.wait_ended(), Ended)
