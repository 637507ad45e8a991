"""The live view: each observation a line, with the time since things began to happen.

Script lines are indented below their activeflow, SIP messages are arrows as in a ladder. When all is quiet
the next observation starts the time again, under a line with the hour of day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flowlang.diagnostics import Source
from flowlang.model.cdr import CallRecord
from flowlang.model.observations import (
    ActionEnded,
    ActionStarted,
    CallRecorded,
    EventArrived,
    FlowEnded,
    FlowStarted,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegRang,
    LegReplaced,
    LegTransferred,
    Logged,
    Observation,
    Refused,
    SipMessageSeen,
)
from flowlang.model.values import SECOND, Outcome, Value

from .safe import printable
from .style import Style

_QUIET = 5 * SECOND  # after so long without anything under way the time starts again
_NUMBERS = 10_000  # activeflows whose numbers are remembered; far more may be parked
_CODE = 72  # characters of a source line that are shown
_LOGGED = 1000  # characters of a log text that are shown
_INDENT = "    "


class LiveView:
    """Call it with each observation. `source_of` gives the text that an activeflow runs on, if it is at hand:
    after a reload it is not the one that new ones begin with."""

    def __init__(
        self,
        write: Callable[[str], None],
        style: Style,
        source_of: Callable[[str], Source | None] = lambda _activeflow: None,
    ) -> None:
        self._write = write
        self._style = style
        self._source_of = source_of
        self._began: int | None = None
        self._last = 0
        self._numbers: dict[str, int] = {}
        self._last_number = 0
        self._shown: dict[tuple[str, int], str] = {}

    def __call__(self, observation: Observation) -> None:
        """Shows one."""
        began = self._began_by(observation.at)
        line = self._line(observation)
        if line is not None:
            self._show(observation.at - began, line)

    def line(self, at: int, line: str) -> None:
        """Shows something else of that time."""
        self._show(at - self._began_by(at), line)

    def _began_by(self, at: int) -> int:
        """When what happens then began."""
        if self._began is None or (not self._numbers and at - self._last > _QUIET):
            self._began = at
            hour = datetime.fromtimestamp(at / SECOND, UTC)
            self._write(self._style("dim", f"{hour:%Y-%m-%d %H:%M:%S} UTC"))
        self._last = at
        return self._began

    def _show(self, since: int, line: str) -> None:
        seconds = f"{since / SECOND:+.3f}s"
        self._write(f"{self._style('dim', seconds.rjust(9))}  {line}")

    def _line(self, observation: Observation) -> str | None:
        paint = self._style
        match observation:
            case SipMessageSeen():
                arrow = "<--" if observation.direction == "in" else "-->"
                return paint("cyan", f"{arrow} {printable(observation.summary)}") + paint(
                    "dim", f"  {printable(observation.peer)}"
                )
            case FlowStarted():
                return self._begin(observation)
            case ActionStarted():
                return self._action(observation)
            case ActionEnded():
                return self._result(observation)
            case EventArrived():
                taken = f"  taken by line {observation.taken_at}" if observation.taken_at else ""
                what = f"{observation.event} {printable(observation.detail)}".rstrip()
                return self._inside(observation.activeflow) + what + paint("dim", taken)
            case Logged():
                how = "yellow" if observation.level == "warning" else "green"
                return self._inside(observation.activeflow) + paint(how, printable(observation.text, _LOGGED))
            case FlowEnded():
                return self._end(observation)
            case Refused():
                ends = f"from {printable(observation.source)} to {printable(observation.to)}"
                who = f"{observation.channel} {ends}"
                return paint(
                    "yellow", f"{who} refused with {observation.status}: {printable(observation.why)}"
                )
            case CallRecorded():
                return paint("bold", _record(observation.record))
            case LegRang() | LegAnswered() | LegHeld() | LegTransferred() | LegReplaced() | LegEnded():
                return None  # the ladder, or the phone, and the record tell it

    def _begin(self, started: FlowStarted) -> str:
        number = self._number(started.activeflow)
        who = f" from {printable(started.source)}" if started.source else ""
        to = f" to {printable(started.to)}" if started.to else ""
        by = f" by the route in line {started.route_line}" if started.route_line else ""
        return self._style("bold", f"#{number} {started.channel}{who}{to}: flow {started.flow}{by}")

    def _action(self, started: ActionStarted) -> str:
        source = self._source_of(started.activeflow)
        if started.file is not None:  # of a module, whose text is not at hand here
            where, code = f"{started.file}:{started.line}", f"{started.name} {started.detail}"
        elif source is None:
            where, code = f"line {started.line}", f"{started.name} {started.detail}"
        else:
            where = f"{source.name.rpartition('/')[2]}:{started.line}"
            code = source.line(started.line).strip()
        place = self._style("dim", printable(where))
        return f"{self._inside(started.activeflow)}{place}  {printable(code, _CODE)}"

    def _result(self, ended: ActionEnded) -> str | None:
        if ended.how == "done" and ended.value is None:
            return None
        text = shown(ended.value) if ended.value is not None else ""
        if ended.how == "failed":
            text = self._style("red", f"{ended.name} failed: {text}")
        elif ended.how == "cancelled":
            text = self._style("dim", f"{ended.name} cancelled")
        else:
            text = f"{ended.name} gave {text}"
        return f"{self._inside(ended.activeflow)}{_INDENT}{text}"

    def _end(self, ended: FlowEnded) -> str:
        number = self._number(ended.activeflow)
        del self._numbers[ended.activeflow]
        how = {
            "done": "ended",
            "stop": "ended by stop",
            "gone": "ended, the caller has left",
            "fault": f"failed in {_place(ended)}: {printable(ended.text or '')} ({ended.code})",
        }[ended.how]
        value = f" with {shown(ended.value)}" if ended.value is not None else ""
        return self._style("red" if ended.how == "fault" else "bold", f"#{number} {ended.flow} {how}{value}")

    def _inside(self, activeflow: str) -> str:
        """The indentation below an activeflow; its number too while there are several."""
        number = self._number(activeflow)
        return f"{_INDENT}#{number} " if len(self._numbers) > 1 else _INDENT

    def _number(self, activeflow: str) -> int:
        """What it is called here: one that began before a restart gets its number when it is first heard of,
        one that was long silent a new one."""
        number = self._numbers.pop(activeflow, None)
        if number is None:
            number = self._last_number = self._last_number + 1
            if len(self._numbers) == _NUMBERS:
                del self._numbers[next(iter(self._numbers))]
        self._numbers[activeflow] = number
        return number


def shown(value: Value) -> str:
    """A value as a script would write it, on one line."""
    match value:
        case str():
            return '"' + printable(value) + '"'
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case tuple():
            return printable("[" + ", ".join(shown(each) for each in value) + "]")
        case dict():
            return printable("{" + ", ".join(f"{key}: {shown(each)}" for key, each in value.items()) + "}")
        case Outcome():
            fields = ", ".join(f"{key}: {shown(each)}" for key, each in value.fields.items())
            return printable(f"{value.name}({fields})" if fields else value.name)
        case _:
            return printable(str(value))


def _record(record: CallRecord) -> str:
    talked = f"talked {record.talked / SECOND:.1f}s" if record.answered is not None else "never answered"
    status = f" {record.status}" if record.status else ""
    return (
        f"record: {printable(record.source)} to {printable(record.to)}, {talked}, "
        f"ended by {record.ended_by}: {printable(record.cause)}{status}"
    )


def _place(ended: FlowEnded) -> str:
    return f"line {ended.line}" if ended.file is None else f"line {ended.line} of {printable(ended.file)}"
