"""A run that is kept, as the text of a `test` block: what came in, when it came, and what is seen of it.

Time passes by `after`, up to each thing that came in; what was said or sent by then is expected there, so
that no expectation lets more time pass than the run took.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flowlang.core import ActionOver, Activeflow, Happened, Note, Opening, Output, Over, Perform, StopAsked
from flowlang.core.inputs import input_from_plain
from flowlang.core.journal import Entry
from flowlang.model.action import THREADS
from flowlang.model.commands import PlaceCall, Play, Say
from flowlang.model.events import (
    CALLER_LEG,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallRefused,
    CallUnheld,
    DigitPressed,
    Event,
    MessageReceived,
    MessageReported,
    SignalReceived,
)
from flowlang.model.message_commands import HttpRequest, SendMessage
from flowlang.model.plain import to_plain
from flowlang.model.results import Done
from flowlang.model.values import SECOND, Value

_LONGEST = 120  # characters of a text that is expected
_BUSY = (486, 600)  # RFC 3261 §21.4.24, §21.6.1


class NoTest(Exception):
    """A test cannot bring this run about; the message says why, in one line."""


@dataclass
class Export:
    """Shown the entries of a replay in order, it gives the lines of a test. `hears`: with what the caller
    heard."""

    opening: Opening
    entries: list[Entry]
    hears: bool = True
    lines: list[str] = field(default_factory=list[str])
    impossible: str | None = None
    _seen: list[str] = field(default_factory=list[str])
    _at: int = 0
    _answers: dict[int, tuple[int, str]] = field(default_factory=dict[int, tuple[int, str]])

    def __post_init__(self) -> None:
        opening = self.opening
        self._at = opening.at - opening.at % SECOND
        self.lines.append(f'at "{datetime.fromtimestamp(self._at / SECOND, UTC):%Y-%m-%d %H:%M:%S}"')
        for entry in self.entries:  # answers of other machines have to be known before they are asked
            self._answer(entry)
        self.lines.append(self._beginning())

    def _beginning(self) -> str:
        opening = self.opening
        to, source = _text(opening.to or ""), _text(opening.source or "")
        data: dict[str, Any] = opening.data if isinstance(opening.data, dict) else {}
        if opening.outbound or opening.lent or (opening.inherited is not None):
            raise NoTest("it began as part of another activeflow, or was handed over")
        match opening.channel:
            case "call":
                return f"let a = call(from: {source}, to: {to})"
            case "sms" | "chat":
                text = _value(data.get("text"))
                return f"let a = {opening.channel}(from: {source}, to: {to}, text: {text})"
            case "email":
                texts = f"subject: {_value(data.get('subject'))}, text: {_value(data.get('text'))}"
                return f"let a = email(from: {source}, to: {to}, {texts})"
            case "webhook":
                return f"webhook(to: {to}, data: {_value(data.get('data'))})"
            case "schedule":
                return f"schedule(to: {to})"
            case _:
                given = ", ".join(f"{name}: {_value(each)}" for name, each in opening.arguments.items())
                return f"let a = start {opening.flow}({given})"

    def _answer(self, entry: Entry) -> None:
        given = input_from_plain(entry.given)
        match given:
            case ActionOver(action=action, result=Done({"status": int(status), "text": str(text)})):
                self._answers[action] = status, text
            case _:
                pass

    def __call__(self, number: int, _flow: Activeflow, outputs: list[Output]) -> None:
        """The next entry, and what came of it; `impossible` says where no test brings that about."""
        try:
            self._take(number, outputs)
        except NoTest as error:
            self.impossible = self.impossible or str(error)

    def _take(self, number: int, outputs: list[Output]) -> None:
        given = input_from_plain(self.entries[number].given)
        match given:
            case Happened(at, event):
                self._came(at, event)
            case StopAsked():
                raise NoTest("somebody stopped it from outside")
            case _:
                pass
        for output in outputs:
            match output:
                case Perform(action, command):
                    self._did(action, command)
                case Over(ending):
                    self._pass(given.at)
                    self._expect()
                    self.lines.append(
                        f"expect fault {ending.code}" if ending.how == "fault" else "expect stopped"
                    )
                case Note():
                    pass
                case _:
                    pass

    def _did(self, action: int, command: object) -> None:
        opening = self.opening
        match command:
            case Say(leg=leg, text=text) if leg == CALLER_LEG and self.hears:
                self._seen.append(f"expect a hears {_text(text)}")
            case Play(leg=leg, files=files) if leg == CALLER_LEG and self.hears:
                self._seen += (f"expect a hears {_text(each)}" for each in files)
            case SendMessage(channel=channel, to=to, text=text) if channel != "notify":
                if channel == opening.channel and to == opening.source and opening.channel in THREADS:
                    self._seen.append(f"expect a gets {_text(text)}")
                else:
                    self._seen.append(f"expect {channel} to {_text(to)} with text {_text(text)}")
            case HttpRequest(method=method, url=url):
                status, text = self._answers.get(action, (404, ""))
                told = f"http {_text(url)} answers {_json(text)}" if status == 200 else None
                self.lines.insert(1, told or f"http fails with {status}")
                self._seen.append(f"expect http {method} {_text(url)}")
            case PlaceCall(to=to):
                self.lines.append(f"let b{command.leg} = expect dial {_text(to)}")
            case _:
                pass

    def _came(self, at: int, event: Event) -> None:
        line = self._line(event)
        if line is None:
            return
        self._pass(at)
        self._expect()
        self.lines.append(line)

    def _line(self, event: Event) -> str | None:
        match event:
            case DigitPressed(digit=digit):
                return f"a presses {_text(digit)}"
            case CallHeld():
                return "a holds"
            case CallUnheld():
                return "a unholds"
            case CallEnded(leg=leg):
                return "a hangs up" if leg == CALLER_LEG else f"b{leg} hangs up"
            case CallAnswered(leg=leg):
                return f"b{leg} answers"
            case CallRefused(leg=leg, status=status):
                return f"b{leg} is busy" if status in _BUSY else f"b{leg} rejects"
            case MessageReceived(text=text, source=source) if source == self.opening.source:
                return f"a sends {_text(text)}"
            case SignalReceived(signal=name, data=data):
                return f"signal({_text(name)}, {_value(data)})"
            case MessageReported(status=status, to=to):
                return f"report({_text(status)}, to: {_text(to or '')})"
            case _:
                return None

    def _pass(self, at: int) -> None:
        """Time passes up to when something came."""
        passed = (at - self._at) // 1000
        if passed > 0:
            self.lines.append(f"after {passed}ms")
            self._at += passed * 1000

    def _expect(self) -> None:
        self.lines += self._seen
        self._seen = []

    def text(self, title: str) -> str:
        """The block."""
        self._expect()
        return "\n".join([f"test {_text(title)} {{", *(f"    {each}" for each in self.lines), "}", ""])


def _text(text: str) -> str:
    """A text as a script writes it, of a length that suffices to tell it."""
    shown = json.dumps(text[:_LONGEST], ensure_ascii=False)
    return shown.replace("${", "\\${")


def _value(value: Value) -> str:
    return _json(json.dumps(to_plain(value), ensure_ascii=False))


def _json(text: str) -> str:
    """JSON as a value of the language; another text as a text."""
    try:
        plain = json.loads(text)
    except ValueError:
        return json.dumps(text, ensure_ascii=False).replace("${", "\\${")
    return _literal(plain)


def _literal(plain: Any) -> str:
    match plain:
        case None:
            return "none"
        case list():
            return "[" + ", ".join(map(_literal, plain)) + "]"  # pyright: ignore[reportUnknownArgumentType]
        case dict() if any(str(name).startswith("$") for name in plain):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            raise NoTest("it was given a value that a test cannot write")
        case dict():
            items = (f"{json.dumps(name)}: {_literal(each)}" for name, each in plain.items())  # pyright: ignore[reportUnknownVariableType]
            return "{" + ", ".join(items) + "}"
        case str():
            return json.dumps(plain, ensure_ascii=False).replace("${", "\\${")
        case _:
            return json.dumps(plain)
