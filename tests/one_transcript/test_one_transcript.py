"""The same script on the simulated phone and on a real SIP call gives one transcript.

A caller is a list of moves, each made when the script comes to a certain action. What the engine tells of the
script — lines, actions with their results, events with who took them, log lines, the end — is compared,
without times and ids.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
import trio

import flowlang
from flowlang.backends.simulator import SimulatorBackend
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.observations import (
    ActionEnded,
    ActionStarted,
    CallRecorded,
    EventArrived,
    FlowEnded,
    Logged,
    Observation,
)
from flowlang.testing.softphone import open_softphone
from flowlang.voices import ToneVoice

SCRIPT = """
route call to +16062067563 => desk else sorry
route call to +16062067564 => refused
route call to +16062067565 => broken else sorry
route call to +16062067566 => silent
route call to +16062067567 => stopped
route call to +16062067568 => busy
route call to +16062067569 => ringing
route call to +16062067570 => faulty
route call to +16062067571 => hasty
route call to +16062067572 => declined

flow desk {
    ring
    on hold   { log "held" }
    on unhold { log "back" }
    on hangup as e { log "gone: ${e.cause}" }
    say "Hello."
    menu: loop up to 4 {
        on dtmf "*" { log "star"; continue menu }
        let choice = ask("One or two?", digits: 1, timeout: 300ms)
        match choice {
            "1"      => { say "One."; break }
            "2"      => account()
            no_input => log "nothing"
            _        => log "wrong ${choice.text}"
        }
    }
    within 100ms { wait 1h } else { log "in time" }
    say "Bye."
    wait 1h
}

flow account {
    let number = ask("Your number?", timeout: 2s)
    match number {
        text as t => log "number ${t.text}"
        _         => log "none"
    }
}

flow refused { log "no"; reject 603 }
flow broken  { answer; let x = 1 // (length(caller.number) - length(caller.number)); log "${x}" }
flow sorry   { say "Sorry." }

flow silent   { log "no word" }
flow stopped  { ring; stop }
flow busy     { on hangup as e { log "gone: ${e.cause}" }; reject 486; log "on" }
flow ringing  { on hangup as e { log "gone: ${e.cause}" }; ring; wait 1h }
flow faulty   { raise "no good" }
flow declined { on hangup as e { log "gone: ${e.cause}" }; hangup; log "still here" }
flow hasty {
    on hangup as e { log "gone: ${e.cause}" }
    say "Welcome to the clinic, caller."
    let number = ask("Your number?", timeout: 2s)
    match number {
        text as t => log "number ${t.text}"
        _         => log "none"
    }
    let more = ask("And now?", digits: 1, timeout: 300ms)
    match more {
        text as t => log "more ${t.text}"
        _         => log "no more"
    }
    hangup
    log "after"
}
"""

CALLER = "+14155550100"


class Phone(Protocol):
    """What both phones can do."""

    async def press(self, keys: str) -> None: ...
    async def hold(self) -> None: ...
    async def unhold(self) -> None: ...
    async def hang_up(self) -> None: ...


@dataclass
class Stage:
    """An engine with one kind of phone. `call` places a call."""

    engine: flowlang.Engine
    call: Callable[[str], Awaitable[Phone]]
    told: list[str] = field(default_factory=list[str])
    changed: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)
    recorded: list[CallRecorded] = field(default_factory=list[CallRecorded])

    def take(self, observation: Observation) -> None:
        match observation:
            case ActionStarted(name=name, detail=detail, line=line):
                self.told.append(f"{line} {name} {detail}".rstrip())
            case ActionEnded(name=name, how=how, value=value):
                self.told.append(f"{name} {how} {value if value is not None else ''}".rstrip())
            case EventArrived(event=event, detail=detail, taken_at=taken_at):
                self.told.append(f"event {event} {detail} -> {taken_at}")
            case Logged(text=text, line=line):
                self.told.append(f"{line} log: {text}")
            case FlowEnded(how=how, code=code):
                self.told.append(f"end {how} {code or ''}".rstrip())
            case CallRecorded():
                self.recorded.append(observation)
            case _:
                return
        self.changed.unpark_all()

    async def until(self, line: str, times: int = 1) -> None:
        """Returns when a line of the transcript that ends so is there for the nth time."""
        with trio.fail_after(20):
            while sum(each.endswith(line) for each in self.told) < times:
                await self.changed.park()

    async def over(self) -> None:
        with trio.fail_after(20):
            while not self.recorded or self.engine.activeflows:
                await self.changed.park()


class SimulatedCaller:
    def __init__(self, backend: SimulatorBackend, to: str) -> None:
        self._phone = backend.call(source=CALLER, to=to)

    async def press(self, keys: str) -> None:
        self._phone.press(keys)

    async def hold(self) -> None:
        self._phone.hold()

    async def unhold(self) -> None:
        self._phone.unhold()

    async def hang_up(self) -> None:
        self._phone.hang_up()


@asynccontextmanager
async def simulated(_: Path) -> AsyncGenerator[Stage]:
    backend = SimulatorBackend()

    async def call(to: str) -> Phone:
        return SimulatedCaller(backend, to)

    async with flowlang.open_engine([backend]) as engine:
        yield await ready(engine, call)


@asynccontextmanager
async def over_sip(folder: Path) -> AsyncGenerator[Stage]:
    backend = SipBackend(SipSettings(("127.0.0.1", 0), t1=0.05), voice=ToneVoice(folder))
    async with open_softphone() as phone, flowlang.open_engine([backend]) as engine:

        async def call(to: str) -> Phone:
            assert backend.address is not None
            target = f"sip:{to}@127.0.0.1:{backend.address.port}"
            placed = await phone.call(target, caller=f"<sip:{CALLER}@127.0.0.1>")
            return SipCaller(placed)

        yield await ready(engine, call)


class SipCaller:
    def __init__(self, call: object) -> None:
        from flowlang.testing.softphone import PhoneCall

        assert isinstance(call, PhoneCall)
        self._call = call

    async def press(self, keys: str) -> None:
        await self._call.wait_answered()
        self._call.press(keys)

    async def hold(self) -> None:
        await self._call.hold()

    async def unhold(self) -> None:
        await self._call.unhold()

    async def hang_up(self) -> None:
        await self._call.hang_up()


async def ready(engine: flowlang.Engine, call: Callable[[str], Awaitable[Phone]]) -> Stage:
    engine.load_text(SCRIPT)
    await engine.listen()
    stage = Stage(engine, call)
    engine.observe(stage.take)
    return stage


async def a_long_call(stage: Stage) -> None:
    """Keys during prompts, silence, a wrong key, hold, a handler that continues a loop, the caller
    leaving."""
    phone = await stage.call("+16062067563")
    await stage.until("ask One or two?")
    await phone.press("*")
    await stage.until("ask One or two?", 2)
    await stage.until("log: nothing")
    await stage.until("ask One or two?", 3)
    await phone.press("2")
    await stage.until("ask Your number?")
    await phone.press("42#")
    await stage.until("ask One or two?", 4)
    await phone.press("9")
    await stage.until("say Bye.")
    await stage.until("say done", 2)
    await phone.hold()
    await stage.until("log: held")
    await phone.unhold()
    await stage.until("log: back")
    await phone.hang_up()


async def a_refused_call(stage: Stage) -> None:
    await stage.call("+16062067564")


async def a_fault(stage: Stage) -> None:
    await stage.call("+16062067565")


async def a_flow_that_ends_unanswered(stage: Stage) -> None:
    await stage.call("+16062067566")


async def a_stop_while_ringing(stage: Stage) -> None:
    await stage.call("+16062067567")


async def a_busy_signal(stage: Stage) -> None:
    await stage.call("+16062067568")


async def a_caller_who_cancels(stage: Stage) -> None:
    phone = await stage.call("+16062067569")
    await stage.until("ring done")
    await phone.hang_up()


async def a_fault_unanswered(stage: Stage) -> None:
    await stage.call("+16062067570")


async def a_hang_up_unanswered(stage: Stage) -> None:
    await stage.call("+16062067572")


async def digits_typed_ahead(stage: Stage) -> None:
    """Before anything is asked, and on; then a hang-up by us."""
    phone = await stage.call("+16062067571")
    await stage.until("say Welcome to the clinic, caller.")
    await phone.press("17#5")


async def a_route_for_nobody(stage: Stage) -> None:
    await stage.call("+16062067599")


ENDINGS = {
    a_long_call: ("caller", "normal", 200),
    a_refused_call: ("us", "rejected", 603),
    a_fault: ("us", "normal", 200),
    a_flow_that_ends_unanswered: ("us", "no_answer", 480),
    a_stop_while_ringing: ("us", "rejected", 603),
    a_busy_signal: ("us", "busy", 486),
    a_caller_who_cancels: ("caller", "cancelled", 487),
    a_fault_unanswered: ("us", "failed", 500),
    a_hang_up_unanswered: ("us", "rejected", 603),
    digits_typed_ahead: ("us", "normal", 200),
    a_route_for_nobody: ("us", "not_found", 404),
}


@pytest.mark.parametrize("moves", ENDINGS)
async def test_the_simulated_phone_and_sip_give_one_transcript(
    moves: Callable[[Stage], Awaitable[None]], tmp_path: Path
) -> None:
    transcripts: list[list[str]] = []
    records: list[tuple[str, str, str | None, int | None, bool]] = []
    for kind in (simulated, over_sip):
        async with kind(tmp_path) as stage:
            await moves(stage)
            await stage.over()
            transcripts.append(stage.told)
            (record,) = [each.record for each in stage.recorded]
            records.append(
                (record.ended_by, record.cause, record.flow, record.status, record.answered is not None)
            )
    assert transcripts[0] == transcripts[1]
    assert records[0] == records[1]
    by, cause, _, status, _ = records[0]
    assert (by, cause, status) == ENDINGS[moves]
    assert not transcripts[0] or transcripts[0][-1].startswith("end ")
