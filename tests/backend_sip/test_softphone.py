"""The softphone's program: its steps, what it tells, and when it ends well."""

from __future__ import annotations

import json
import math
import sys
from array import array
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from flowlang.model.commands import Answer, HangUp
from flowlang.testing.listening import read_recording
from flowlang.testing.softphone import Ear, NothingHeard
from flowlang.testing.softphone.steps import Step, StepFailed, parse_steps, take

from .conftest import Bench
from .host import say

LOUD = array("h", (round(8000 * math.sin(n)) for n in range(160))).tobytes()
QUIET = bytes(320)


def test_steps_are_read() -> None:
    assert parse_steps("wait-for-prompt within 2.5s; press 12#;wait 3s; hangup;") == (
        Step("wait-for-prompt within 2.5s", "wait-for-prompt", 2.5),
        Step("press 12#", "press", digits="12#"),
        Step("wait 3s", "wait", 3.0),
        Step("hangup", "hangup"),
    )


@pytest.mark.parametrize("wrong", ["dance", "press", "press x", "wait 3", "wait .s", "hangup now"])
def test_what_is_no_step_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no step; steps are"):
        parse_steps(wrong)


async def test_sounds_are_told_apart_by_silence(clock: MockClock) -> None:
    ear = Ear()
    for packet in (QUIET, *[LOUD] * 50, *[QUIET] * 20, *[LOUD] * 10, *[QUIET] * 60, *[LOUD] * 5):
        ear.hear(packet)
    assert [(round(each.start, 2), round(each.end, 2)) for each in ear.sounds] == [(0.02, 1.62), (2.82, 2.92)]


async def test_a_step_fails_where_nothing_is_heard(bench: Bench, clock: MockClock) -> None:
    phone, _ = await bench.answered()
    with pytest.raises(StepFailed, match="nothing was heard within 2 s"):
        await take(*parse_steps("wait-for-prompt within 2s"), phone)
    with pytest.raises(NothingHeard):
        await phone.wait_sound(1)


async def test_a_step_fails_where_the_other_side_hangs_up(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.answered()
    await call.do(HangUp(0, 603))
    with pytest.raises(StepFailed, match="hung up"):
        await take(*parse_steps("wait 5s"), phone)
    with pytest.raises(StepFailed, match="the call is over"):
        await take(*parse_steps("press 1"), phone)


async def test_what_is_heard_is_recorded(bench: Bench, clock: MockClock) -> None:
    recording = bench.folder / "heard.wav"
    phone = await bench.phone.call(bench.target, record=recording)
    call = await bench.host.next_call()
    await call.do(Answer(0))
    await call.do(say("something to hear"))
    await take(*parse_steps("wait-for-prompt"), phone)
    await take(*parse_steps("hangup"), phone)
    assert len(read_recording(recording)) / 8000 == pytest.approx(phone.ear.seconds, abs=0.1)


@pytest.mark.parametrize(
    ("script", "code", "why"),
    [
        ("wait-for-prompt; press 1; hangup", 0, None),
        ("wait-for-prompt; wait-for-prompt within 0.5s", 1, "nothing was heard within 0.5 s"),
    ],
)
async def test_the_program_ends_with_0_only_if_all_went_so(
    bench: Bench, script: str, code: int, why: str | None
) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_answer_and_say, bench)
        ended, told = await _run(bench.target, script, bench.folder / "heard.wav")
    assert ended == code
    assert [told[0]["what"], told[-1]["what"]] == ["answered", "over"]
    assert (told[-1]["ok"], told[-1]["why"]) == (code == 0, why)


async def test_the_program_tells_the_status_of_a_refusal(bench: Bench) -> None:
    bench.host.refuse = 486
    ended, told = await _run(bench.target, "hangup", bench.folder / "heard.wav")
    assert ended == 1
    assert told[-1]["status"] == 486


async def _answer_and_say(bench: Bench) -> None:
    call = await bench.host.next_call()
    await call.do(Answer(0))
    await call.do(say("hello"))


async def _run(target: str, script: str, recording: Path) -> tuple[int, list[dict[str, object]]]:
    command = [sys.executable, "-m", "flowlang.testing.softphone", target, "--script", script, "--json"]
    done = await trio.run_process([*command, "--record", str(recording)], capture_stdout=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]
