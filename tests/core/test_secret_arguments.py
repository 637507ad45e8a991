"""A secret that is an argument: of every action, in every parameter, on its way to backends, journals and
those who watch."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from flowlang.compile import Script
from flowlang.core import Activeflow, Begin, Happened, Input, Limits, Note, Opening, Perform
from flowlang.core.inputs import ActionOver
from flowlang.core.journal import outcome_hash, run_input
from flowlang.core.outputs import output_to_plain
from flowlang.model.actions import ACTIONS, REQUIRED, Action, Parameter
from flowlang.model.commands import PlaceCall
from flowlang.model.events import CallAnswered, CallEnded, CallRefused, CallRinging, DigitPressed, Event
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Failed, Result

from .machine import compiled

PIN = "4711"
POLICY = """policy {
    allow dial "*"; allow sms "*"; allow email "*"; allow chat "*"; allow http "*"; allow sql "*"
    allow header "*"
}
"""
ADDRESSES = {
    "dial": '"sip:${pin}@h.example"',
    "call": '"sip:${pin}@h.example"',
    "redirect": '"sip:${pin}@h.example"',
    "sms": '"+1415555${pin}"',
    "email": '"mailto:a${pin}@h.example"',
    "chat": '"chat:a${pin}"',
    "send": '"sms:+1415555${pin}"',
}
"""What a secret `to` looks like, and a secret `from`."""

TYPED = {
    "text": '"${pin}"',
    "integer": "number(pin.text)",
    "number": "number(pin.text)",
    "list": "[pin.text]",
    "map": "{pin: pin.text}",
    "any": '{text: pin.text, number: number(pin.text), list: [number("${pin}.5")]}',
}
PLAIN = {"to": "+14155550100", "url": "https://h.example/x", "file": "x.wav", "key": "key"}
"""Arguments that are no secret, where a text will not do."""


def _secret(action: Action, parameter: Parameter) -> str | None:
    if parameter.name in ("to", "from") and action.name in ADDRESSES:
        return ADDRESSES[action.name]
    if parameter.name == "url":
        return '"https://h.example/${pin}"'
    if parameter.allowed is not None or parameter.name in ("strategy", "voice", "language", "statement"):
        return None
    return next((TYPED[each] for each in parameter.types if each in TYPED), None)


def _plain(action: Action, parameter: Parameter) -> str:
    if parameter.name == "to" and action.name in ADDRESSES:
        address = ADDRESSES[action.name]
        return address.replace("${pin}", "desk" if "sip:" in address else "0100")
    if parameter.types[0] in ("integer", "number"):
        return "1"
    return f'"{PLAIN.get(parameter.name, "x")}"'


CASES = [
    (action, parameter, secret)
    for action in ACTIONS.values()
    for parameter in action.parameters
    if (secret := _secret(action, parameter)) is not None
]


ENDS: list[tuple[Result, tuple[type[Event], ...]]] = [
    (Done(), (CallRinging, CallAnswered, CallEnded)),
    (Failed("unreachable", f"no way to {PIN}"), (CallRinging, CallRefused)),
]
"""What commands come to, and what becomes of legs that are placed."""


def script(action: Action, parameter: Parameter, secret: str) -> str:
    """A call of the action, with what comes of it put into the log, and each event of its own too."""
    needed = [each for each in action.parameters if each.default is REQUIRED and each is not parameter]
    given = [f"{each.name}: {_plain(action, each)}" for each in needed]
    call = f"{action.name}({', '.join([f'{parameter.name}: {secret}', *given])})"
    block = "".join(f"\n    on {each} as e {{ log text(e) }}" for each in action.events)
    call += f" {{{block}\n}}" if block else ""
    return f"""{POLICY}
route outbound call => other
flow other(data = none) {{ log text(data) }}
flow main {{
secret let pin = ask("PIN?", digits: 4)
try {{
let got = {call}
log text(got)
}} catch e {{ log text(e) }}
{call}
}}
"""


class Run:
    """Runs `main`; each command that waits is answered by `result`, legs that are placed ring and get
    `events`."""

    def __init__(self, compiled: Script, result: Result, events: tuple[type[Event], ...]) -> None:
        opening = Opening("a1", "main", {}, 0, 1, "call", "sip:a@x.example", "sip:b@x.example")
        actions = dict(ACTIONS)
        self.flow = Activeflow(compiled, opening, Limits(policy=EVERYTHING), actions)
        self.seen: list[str] = []
        self.hashed: list[str] = []
        self._result = result
        self._events = events
        self._feed(Begin(0))
        for key in PIN:
            self._feed(Happened(0, DigitPressed(0, key)))
        due = self.flow.next_deadline()
        assert self.flow.ending is not None or due is not None

    def _feed(self, given: Input) -> None:
        if self.flow.ending is not None:
            return
        outputs = run_input(self.flow, given)
        follow: list[Input] = []
        for output in outputs:
            if isinstance(output, Note):
                self.seen.append(json.dumps(asdict(output.observation), default=repr, ensure_ascii=False))
                continue
            self.hashed.append(json.dumps(_without_marked(output_to_plain(output)), ensure_ascii=False))
            if isinstance(output, Perform):
                command = output.command
                if isinstance(command, PlaceCall):
                    follow.append(ActionOver(0, output.action, Done()))
                    follow += [Happened(0, _event(each, command.leg)) for each in self._events]
                elif command.name in ("say", "answer"):
                    follow.append(ActionOver(0, output.action, Done()))
                else:
                    follow.append(ActionOver(0, output.action, self._result))
        assert outcome_hash(outputs)
        for each in follow:
            self._feed(each)


def _event(kind: type[Event], leg: int) -> Event:
    if kind is CallRefused:
        return CallRefused(leg, 486, f"{PIN} is busy")
    if kind is CallEnded:
        return CallEnded(leg, "normal")
    return kind(leg)  # pyright: ignore[reportCallIssue, reportUnknownVariableType]


def _without_marked(plain: object) -> object:
    match plain:
        case {"$secret": _}:
            return "marked"
        case dict():
            return {key: _without_marked(each) for key, each in plain.items()}  # pyright: ignore
        case list():
            return [_without_marked(each) for each in plain]  # pyright: ignore
        case _:
            return plain


@pytest.mark.parametrize(
    ("action", "parameter", "secret"), CASES, ids=[f"{a.name}-{p.name}" for a, p, _ in CASES]
)
def test_a_secret_argument_is_seen_by_nobody_and_marked_in_what_goes_out(
    action: Action, parameter: Parameter, secret: str
) -> None:
    for result, events in ENDS:
        run = Run(compiled(script(action, parameter, secret)), result, events)
        assert f'"name": "{action.name}"' in "".join(run.seen)
        assert PIN not in "".join(run.seen)
        assert PIN not in "".join(run.hashed)
