"""What the softphone's program does in a call, step by step: text to steps, and each step carried out.

wait-for-prompt [within 10s]    the next thing said, to its end
wait-for-sound [within 10s]     the next thing said, as soon as it begins
press 12#                       keys
wait 3s                         in the call, whatever is heard
hangup                          ends the call
wait-for-hangup [within 10s]    the other side ends it
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import trio

from flowlang.backends.media import MediaError
from flowlang.model.digits import DIGITS

from .call import WITHIN, PhoneCall
from .ear import NothingHeard

_STEP = re.compile(
    r"(?P<name>wait-for-prompt|wait-for-sound|wait-for-hangup)(?:\s+within\s+(?P<within>[0-9.]+)s)?"
    r"|press\s+(?P<digits>[0-9A-D*#]{1,32})"
    r"|wait\s+(?P<seconds>[0-9.]+)s"
    r"|(?P<hangup>hangup)"
)


class StepFailed(Exception):
    """A step did not go as it should; the message is one line."""


@dataclass(frozen=True, slots=True)
class Step:
    """`text` is as written, `seconds` how long it waits at most, or waits, `digits` what it presses."""

    text: str
    kind: str
    seconds: float = WITHIN
    digits: str = ""


def parse_steps(script: str) -> tuple[Step, ...]:
    """Steps with `;` between them. ValueError names the one that is none."""
    return tuple(_parse(each.strip()) for each in script.split(";") if each.strip())


def _parse(text: str) -> Step:
    match = _STEP.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        if match["name"]:
            return Step(text, match["name"], float(match["within"] or WITHIN))
        if match["digits"]:
            return Step(text, "press", digits=match["digits"])
        if match["seconds"]:
            return Step(text, "wait", float(match["seconds"]))
    except ValueError:
        known = "wait-for-prompt, wait-for-sound, press DIGITS, wait 3s, hangup, wait-for-hangup"
        raise ValueError(f"{text[:60]!r} is no step; steps are {known} (keys are {DIGITS})") from None
    return Step(text, "hangup")


async def take(step: Step, call: PhoneCall) -> dict[str, Any]:
    """Carry out one step; what is to be told of it. Raises `StepFailed`."""
    if call.ended and step.kind != "wait-for-hangup":
        raise StepFailed(f"the call is over ({call.cause}) before `{step.text}`")
    match step.kind:
        case "wait-for-prompt" | "wait-for-sound":
            try:
                whole = step.kind == "wait-for-prompt"
                sound = await (call.wait_prompt if whole else call.wait_sound)(step.seconds)
            except NothingHeard as error:
                raise StepFailed(str(error)) from None
            start, end = round(sound.start, 2), round(sound.end, 2)
            return {"heard_from": start, "heard_to": end, "level": sound.level}
        case "press":
            place = call.ear.seconds
            try:
                call.press(step.digits)
            except MediaError as error:
                raise StepFailed(str(error)) from None
            return {"pressed_at": round(place, 2)}
        case "wait":
            await _while_up(call, step.seconds)
            return {}
        case "wait-for-hangup":
            await _within(step.seconds, call.wait_ended, "the other side did not hang up")
            return {"cause": call.cause}
        case _:
            await _within(64, call.hang_up, "the BYE was not answered")
            return {}


async def _while_up(call: PhoneCall, seconds: float) -> None:
    with trio.move_on_after(seconds):
        await call.wait_ended()
        raise StepFailed(f"the other side hung up ({call.cause})")


async def _within(seconds: float, wait: Callable[[], Any], otherwise: str) -> None:
    with trio.move_on_after(seconds) as scope:
        await wait()
    if scope.cancelled_caught:
        raise StepFailed(f"{otherwise} within {seconds:g} s")
