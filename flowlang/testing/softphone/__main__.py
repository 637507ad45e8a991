"""The softphone as a program: places one call, takes its steps, judges.

It ends with 0 only if the call was answered and every step went as it should: 1 otherwise, 2 for wrong usage,
4 where it cannot listen. `--json` gives one object a line; the last one has `ok`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import trio

from flowlang.backends.border import BackendError
from flowlang.backends.media import MediaError
from flowlang.sip.headers import parse_name_addr

from .call import CallFailed, PhoneCall
from .phone import open_softphone
from .steps import Step, StepFailed, parse_steps, take

_DEFAULT = "wait-for-prompt; hangup"


@click.command()
@click.argument("target")
@click.option("--script", default=_DEFAULT, show_default=True, help="What to do, steps with ; between them.")
@click.option("--caller", help="Who calls: a SIP URI, or '\"Name\" <uri>'.")
@click.option("--record", type=click.Path(path_type=Path), help="A WAV file for what is heard.")
@click.option("--answer-within", type=float, default=20.0, show_default=True, help="Seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def softphone(
    target: str, script: str, caller: str | None, record: Path | None, answer_within: float, as_json: bool
) -> None:
    """Call TARGET, a SIP URI, and take the steps of the script."""
    try:
        steps = parse_steps(script)
        for uri in (target, caller):
            if uri is not None:
                parse_name_addr(uri)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    placing = _Placing(target, steps, caller, record, answer_within)
    try:
        ok = trio.run(_run, placing, _Report(as_json))
    except BackendError as error:
        click.echo(f"softphone: {error}", err=True)
        sys.exit(4)
    sys.exit(0 if ok else 1)


@dataclass(frozen=True, slots=True)
class _Placing:
    target: str
    steps: tuple[Step, ...]
    caller: str | None
    record: Path | None
    answer_within: float


class _Report:
    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._began = 0.0

    def begin(self) -> None:
        self._began = trio.current_time()

    def tell(self, what: str, **details: Any) -> None:
        at = round(trio.current_time() - self._began, 3)
        if self._as_json:
            click.echo(json.dumps({"at": at, "what": what, **details}))
        else:
            rest = "  ".join(f"{name}={value}" for name, value in details.items())
            click.echo(f"{at:8.3f}  {what}  {rest}".rstrip())


async def _run(placing: _Placing, report: _Report) -> bool:
    async with open_softphone() as phone:
        report.begin()
        try:
            call = await phone.call(placing.target, caller=placing.caller, record=placing.record)
        except (OSError, ValueError, MediaError) as error:
            report.tell("over", ok=False, why=f"cannot call {placing.target}: {error}")
            return False
        return await _take_all(call, placing, report)


async def _take_all(call: PhoneCall, placing: _Placing, report: _Report) -> bool:
    why = None
    within = placing.answer_within
    try:
        with trio.fail_after(within):
            await call.wait_answered()
        report.tell("answered", call_id=call.leg.call_id)
        for step in placing.steps:
            report.tell(step.text, **await take(step, call))
    except (CallFailed, StepFailed) as error:
        why = str(error)
    except trio.TooSlowError:
        why = f"the call was not answered within {within:g} s"
    if not call.ended:
        with trio.move_on_after(5):
            await call.hang_up()
    report.tell(
        "over",
        ok=why is None,
        why=why,
        status=call.status,
        seconds=round(call.ear.seconds, 2),
        recording=None if call.recording is None else str(call.recording),
    )
    return why is None


if __name__ == "__main__":
    softphone()
