"""The judge of the call tests is itself judged: it hears what is right and misses nothing that is wrong."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest

from .ear import FRAME_S, Ear, Hear, HearBeginning, Plan, Press
from .prompts import FRAME, Prompt, tone

MENU = tone("menu", 410, 0.4)
ANSWER = tone("answer", 697, 0.2)
QUIET = b"\xff" * FRAME
PLAN: Plan = (Hear(MENU), Press("1"), Hear(ANSWER))


def frames(prompt: Prompt) -> list[bytes]:
    return [prompt.pcmu[at : at + FRAME] for at in range(0, len(prompt.pcmu), FRAME)]


def listen(plan: Plan, sound: Sequence[bytes], *, late_by: float = 0.0) -> Ear:
    """An ear to which this was played, 20 ms a frame; `late_by` is how much longer it took in all."""
    ear = Ear(plan)
    for number, frame in enumerate(sound):
        packet = struct.pack("!BBHII", 0x80, 0, number, number * FRAME, 7) + frame
        ear.receive(packet, number * (FRAME_S + late_by / len(sound)))
    return ear


def test_the_right_prompts_are_as_planned() -> None:
    ear = listen(PLAN, [QUIET, *frames(MENU), QUIET, QUIET, *frames(ANSWER), QUIET])
    assert ear.verdict == "as planned"


def test_a_prompt_may_start_within_a_frame() -> None:
    shifted = b"\xff" * 50 + MENU.pcmu + b"\xff" * 110
    sound = [shifted[at : at + FRAME] for at in range(0, len(shifted), FRAME)]
    assert listen((Hear(MENU),), sound).verdict == "as planned"


def test_keys_are_pressed_when_the_prompt_was_heard() -> None:
    ear = listen((Hear(MENU), Press("*")), frames(MENU))
    packets = list(iter(ear.next_packet, None))
    assert len(packets) == 7
    assert {packet[12] for packet in packets} == {10}
    assert len({packet[4:8] for packet in packets}) == 1, "an event has one timestamp"
    assert [packet[13] >> 7 for packet in packets] == [0, 0, 0, 0, 1, 1, 1]


def test_a_prompt_may_be_cut_short_by_a_key() -> None:
    plan = (HearBeginning(MENU, 0.1), Press("1"), Hear(ANSWER))
    assert listen(plan, [*frames(MENU)[:9], *frames(ANSWER)]).verdict == "as planned"


WRONG = {
    "heard nothing": (PLAN, []),
    "waited for menu": (PLAN, [QUIET] * 20),
    "another sound": (PLAN, frames(ANSWER)),
    "waited for answer": (PLAN, frames(MENU)),
    "another sound at 0.2": (PLAN, [*frames(MENU)[:10], QUIET, *frames(MENU)[10:]]),
    "after the end of the plan": (PLAN, [*frames(MENU), *frames(ANSWER), *frames(ANSWER)]),
    "went on": ((HearBeginning(MENU, 0.1), Press("1"), Hear(ANSWER)), frames(MENU)),
}


@pytest.mark.parametrize("complaint", WRONG)
def test_what_is_wrong_is_named(complaint: str) -> None:
    assert complaint in listen(*WRONG[complaint]).verdict


def test_a_prompt_that_stalls_is_named() -> None:
    assert "menu lasted 2.77 s in place of 0.40 s" in listen((Hear(MENU),), frames(MENU), late_by=2.5).verdict


def test_a_lost_packet_is_named() -> None:
    ear = Ear(PLAN)
    for number in (0, 2):
        ear.receive(struct.pack("!BBHII", 0x80, 0, number, number * FRAME, 7) + QUIET, 0.0)
    assert "sequence or time jumps" in ear.verdict


def test_a_codec_that_was_not_agreed_is_named() -> None:
    ear = Ear(PLAN)
    ear.receive(struct.pack("!BBHII", 0x80, 9, 0, 0, 7) + QUIET, 0.0)
    assert ear.verdict == "payload type 9 was not agreed"
