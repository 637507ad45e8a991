"""A run that is kept, as the text of a `test` block: what came in, when it came, and what is seen of it.

Time passes by `after`, up to each thing that came in and each call that went out; what was said or sent by
then is expected there, so that no expectation lets more time pass than the run took. What other machines said
has to be arranged before it is asked for: before the line by which it came to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flowlang.backends.pace import CHARACTERS_A_SECOND
from flowlang.core import ActionOver, Activeflow, Connect, Happened, Opening, Output, Over, Perform, StopAsked
from flowlang.core.inputs import Input, input_from_plain
from flowlang.core.journal import Entry
from flowlang.model.action import THREADS
from flowlang.model.addresses import same_person
from flowlang.model.commands import (
    Command,
    HangUp,
    PlaceCall,
    Play,
    Record,
    Redirect,
    Reject,
    RunHostAction,
    Say,
)
from flowlang.model.events import (
    CALLER_LEG,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallRefused,
    CallTransferred,
    CallUnheld,
    DigitPressed,
    Event,
    MessageReceived,
    MessageReported,
    SignalReceived,
    TransferAsked,
)
from flowlang.model.message_commands import HttpRequest, SendMessage, SqlQuery, StoreGet, StorePut, action_of
from flowlang.model.plain import has_secret
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import is_secret
from flowlang.model.values import SECOND, Duration, Outcome, Value

from .spelling import NoTest, json_or_text, text, value

__all__ = ["Export", "NoTest"]

_LONGEST = 120  # characters of a text that is expected
_BUSY = (486, 600)  # RFC 3261 §21.4.24, §21.6.1
_REJECTED = (480, 603, 607, 608)  # RFC 3261 §21.4.18, §21.6.2, RFC 8197, RFC 8688
_FILLER = "and so it goes on "
_SILENT = frozenset({"gone", "cancelled", "lost"})


@dataclass
class Export:
    """Shown the entries of a replay in order, it gives the lines of a test. `hears`: with what the caller
    heard. `impossible` says what no test brings about, `doubt` what may keep this one from passing."""

    opening: Opening
    entries: list[Entry]
    hears: bool = True
    lines: list[str] = field(default_factory=list[str])
    impossible: str | None = None
    doubt: str | None = None
    _seen: list[str] = field(default_factory=list[str])
    _at: int = 0
    _arranged: int = 0  # where what is to be arranged for now has to stand
    _done: set[str] = field(default_factory=set[str])  # what was asked for since
    _results: dict[int, Result] = field(default_factory=dict[int, Result])
    _refused: dict[int, int] = field(default_factory=dict[int, int])  # by leg, the status
    _answered: set[int] = field(default_factory=set[int])
    _ours: set[int] = field(default_factory=set[int])  # legs that we ended
    _kept: set[str] = field(default_factory=set[str])  # values that it put there itself
    _writes_as: dict[str, str | None] = field(default_factory=dict[str, str | None])

    def __post_init__(self) -> None:
        opening = self.opening
        self._at = opening.at - opening.at % SECOND
        self.lines.append(f'at "{datetime.fromtimestamp(self._at / SECOND, UTC):%Y-%m-%d %H:%M:%S}"')
        for entry in self.entries:  # what becomes of something has to be known before it is asked for
            if has_secret(entry.given):
                raise NoTest("it was told a secret, which no test may show")
            match input_from_plain(entry.given):
                case ActionOver(action=action, result=result):
                    self._results[action] = result
                case Happened(event=CallRefused(leg=leg, status=status)):
                    self._refused[leg] = status
                case _:
                    pass
        self._arranged = len(self.lines)
        self.lines.append(self._beginning())

    def _beginning(self) -> str:
        opening = self.opening
        data: dict[str, Any] = opening.data if isinstance(opening.data, dict) else {}
        if opening.outbound or opening.lent or (opening.inherited is not None):
            raise NoTest("it began as part of another activeflow, or was handed over")
        to, source = text(opening.to or ""), text(opening.source or "")
        match opening.channel:
            case "call":
                told = {
                    "name": opening.name, "via": opening.via, "verified": opening.verified or None,
                    "anonymous": opening.anonymous or None,
                    "diverted_from": opening.diverted_from,
                }  # fmt: skip
                more = "".join(f", {name}: {value(each)}" for name, each in told.items() if each is not None)
                return f"let a = call(from: {source}, to: {to}{more})"
            case "sms" | "chat":
                return f"let a = {opening.channel}(from: {source}, to: {to}, text: {value(data.get('text'))})"
            case "email":
                texts = f"subject: {value(data.get('subject') or '')}, text: {value(data.get('text'))}"
                return f"let a = email(from: {source}, to: {to}, {texts})"
            case "webhook":
                headers = data.get("headers")
                more = f", headers: {value(headers)}" if headers else ""
                return f"webhook(to: {to}, data: {value(data.get('data'))}{more})"
            case "schedule":
                return f"schedule(to: {to})"
            case _:
                given = ", ".join(f"{name}: {value(each)}" for name, each in opening.arguments.items())
                return f"let a = start {opening.flow}({given})"

    def __call__(self, number: int, _flow: Activeflow, outputs: Sequence[Output]) -> None:
        """The next entry, and what came of it."""
        try:
            self._take(input_from_plain(self.entries[number].given), outputs)
        except NoTest as error:
            self.impossible = self.impossible or str(error)

    def _take(self, given: Input, outputs: Sequence[Output]) -> None:
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
                    self._did(given.at, self._results.get(action), command)
                case Connect(opening=opening) if opening.lent:
                    self.doubt = self.doubt or "another activeflow had a part in one of its calls"
                case Over(ending) if ending.how == "handoff":
                    raise NoTest("it was handed over")
                case Over(ending):
                    self._pass(given.at)
                    self._expect()
                    how = f"fault {ending.code}" if ending.how == "fault" else "stopped"
                    self.lines.append(f"expect {how}")
                case _:
                    pass

    # -- what it did

    def _did(self, at: int, result: Result | None, command: Command) -> None:
        match command:
            case Say(leg=leg, text=said) if leg == CALLER_LEG and self.hears and not is_secret(said):
                self._seen.append(f"expect a hears {_short(said)}")
            case Play(leg=leg, files=files) if leg == CALLER_LEG and self.hears:
                self._seen += (f"expect a hears {_short(each)}" for each in files)
            case Record(leg=leg):
                self._record(at, leg, result)
            case HangUp(leg=leg) | Reject(leg=leg) | Redirect(leg=leg):
                self._ours.add(leg)
            case PlaceCall():
                self._place(at, command)
            case SendMessage() if command.channel != "notify":
                self._send(at, command, result)
            case HttpRequest(method=method, url=url):
                self._arrange_answer(at, command, result)
                self._seen.append(f"expect http {method} {text(str(url))}")
            case SqlQuery(connection=connection):
                rows: Value = result.value if isinstance(result, Done) else ()
                self._arrange(at, "sql.query", f"rows({text(connection)}, {value(rows)})")
            case StorePut(entry=entry):
                self._kept.add(entry)
            case StoreGet(entry=entry):
                if entry not in self._kept and isinstance(result, Done) and result.value not in ([], ()):
                    self.doubt = self.doubt or "it read a value that somebody had kept before"
            case RunHostAction(action=action) if isinstance(result, Failed) and result.code not in _SILENT:
                told = f"{text(action)}, code: {text(result.code)}, reason: {text(result.text)}"
                self._arrange(at, action, f"fail({told})")
            case _:
                pass

    def _record(self, at: int, leg: int, result: Result | None) -> None:
        """Whoever is recorded speaks as long."""
        match result:
            case Done({"duration": Duration(microseconds=spoken)}) if spoken > 0:
                count = max(1, round(spoken / SECOND * CHARACTERS_A_SECOND))
                said = (_FILLER * (count // len(_FILLER) + 1))[:count]
                self._act(at, f"{_party(leg)} says {text(said)}")
            case _:
                pass

    def _place(self, at: int, command: PlaceCall) -> None:
        if is_secret(command.to):
            raise NoTest("it called a secret address, which no test may show")
        status = self._refused.get(command.leg)
        if status is not None and status not in _BUSY + _REJECTED:
            passes = (at - self._at) // 1000 + 1
            self._arrange(at, "dial", f"carrier down for {passes}ms")
        self._done.add("dial")
        self._act(at, f"let b{command.leg} = expect dial {text(command.to)}")

    def _send(self, at: int, command: SendMessage, result: Result | None) -> None:
        channel, to = command.channel, command.to
        match result:
            case Done(Outcome(name="failed" | "unknown" as outcome, fields=fields)):
                reason = fields.get("reason")
                told = f", reason: {text(reason)}" if isinstance(reason, str) else ""
                self._arrange(at, channel, f'fail("{channel}", outcome: "{outcome}"{told})')
                return
            case Failed(code, why):
                self._arrange(at, channel, f'fail("{channel}", code: {text(code)}, reason: {text(why)})')
                return
            case _:
                self._done.add(channel)
        if is_secret(to):
            raise NoTest("it wrote to a secret address, which no test may show")
        self._writes_as[same_person(to)] = command.source
        opening, said = self.opening, None if is_secret(command.text) else _short(command.text)
        if channel == opening.channel and to == opening.source and opening.channel in THREADS:
            self._seen += [f"expect a gets {said}"] if said is not None else []
        else:
            with_text = f" with text {said}" if said is not None else ""
            self._seen.append(f"expect {channel} to {text(to)}{with_text}")

    def _arrange_answer(self, at: int, command: HttpRequest, result: Result | None) -> None:
        name = action_of(command)
        match result:
            case Done({"status": 200, "text": str(answer)}):
                self._arrange(
                    at, f"{name} {command.url}", f"http {text(command.url)} answers {json_or_text(answer)}"
                )
            case Done({"status": int(status)}) if 300 <= status <= 599:
                self._arrange(at, f"{name} {command.url}", f"http fails with {status}")
            case Done({"reason": str(reason)}):
                self._arrange(at, name, f'fail("{name}", outcome: "failed", reason: {text(reason)})')
            case Done(Outcome(name="unknown")):
                self._arrange(at, name, f'fail("{name}", outcome: "unknown")')
            case Failed(code, why) if code not in _SILENT:
                self._arrange(at, name, f'fail("{name}", code: {text(code)}, reason: {text(why)})')
            case _:
                pass

    def _arrange(self, at: int, name: str, line: str) -> None:
        """Has something stand before what asks for it, and behind what asked for another of its name."""
        if name in self._done:
            if at - self._at < 2_000:
                raise NoTest(f"it came to several of `{name}` at once, with different ends")
            self._pass(at - 1_000)
            self._turn()
        self._done.add(name)
        self.lines.insert(self._arranged, line)
        self._arranged += 1

    # -- what came

    def _came(self, at: int, event: Event) -> None:
        line = self._line(event)
        if line is not None:
            self._act(at, line)

    def _line(self, event: Event) -> str | None:
        match event:
            case DigitPressed(leg=leg, digit=digit):
                return f"{_party(leg)} presses {text(digit)}"
            case CallHeld(leg=leg):
                return f"{_party(leg)} holds"
            case CallUnheld(leg=leg):
                return f"{_party(leg)} unholds"
            case TransferAsked(leg=leg, to=to, replaces=None):
                return f"{_party(leg)} transfers to {text(to)}"
            case TransferAsked() | CallTransferred():
                raise NoTest("its call was transferred to a call of somebody else's")
            case CallEnded(leg=leg):
                return None if leg in self._ours else f"{_party(leg)} hangs up"
            case CallAnswered(leg=leg):
                if leg in self._answered:
                    return None
                self._answered.add(leg)
                return f"b{leg} answers"
            case CallRefused(leg=leg, status=status):
                if leg in self._answered:
                    raise NoTest("another activeflow had a part in one of its calls")
                if status in _BUSY:
                    return f"b{leg} is busy"
                return f"b{leg} rejects" if status in _REJECTED else None
            case MessageReceived():
                return self._message(event)
            case SignalReceived(signal=name, data=data):
                return f"signal({text(name)}, {value(data)})"
            case MessageReported(status=status, to=to, reason=reason):
                why = f", reason: {text(reason)}" if reason else ""
                return f"report({text(status)}, to: {text(to or '')}{why})"
            case _:
                return None

    def _message(self, event: MessageReceived) -> str:
        opening = self.opening
        if event.source is None or (event.channel == opening.channel and _same(event.source, opening.source)):
            return f"a sends {text(event.text)}"
        ours = self._writes_as.get(same_person(event.source)) or opening.to or ""
        subject = f", subject: {text(event.subject)}" if event.subject else ""
        source, said = text(event.source), text(event.text)
        return f"{event.channel}(from: {source}, to: {text(ours)}, text: {said}{subject})"

    # -- time

    def _act(self, at: int, line: str) -> None:
        """Somebody acts, or is called: what comes of it is arranged for before."""
        self._turn()
        self._pass(at)
        self._expect()
        self.lines.append(line)

    def _turn(self) -> None:
        self._arranged = len(self.lines)
        self._done.clear()

    def _pass(self, at: int) -> None:
        """Time passes up to when something came: in whole milliseconds, so that what was over by then is."""
        passed = -((self._at - at) // 1000)
        if passed > 0:
            self.lines.append(f"after {passed}ms")
            self._at += passed * 1000

    def _expect(self) -> None:
        self.lines += self._seen
        self._seen = []

    def text(self, title: str) -> str:
        """The block."""
        self._expect()
        return "\n".join([f"test {text(title)} {{", *(f"    {each}" for each in self.lines), "}", ""])


def _party(leg: int) -> str:
    return "a" if leg == CALLER_LEG else f"b{leg}"


def _short(said: str) -> str:
    """A text of a length that suffices to tell it."""
    return text(said[:_LONGEST])


def _same(one: str, other: str | None) -> bool:
    return other is not None and same_person(one) == same_person(other)
