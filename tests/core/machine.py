"""Runs a script on the bare core: actions take a fixed time, inputs come at given times, all on one table of
what is seen.

The actions `say`, `play`, `http`, … of its scenarios are host actions here, so that no channel is needed to
see how blocks are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

from flowlang import analysis
from flowlang.compile import Script
from flowlang.core import (
    ActionOver,
    Activeflow,
    Begin,
    Ending,
    HandedOff,
    Happened,
    Input,
    Launch,
    Limits,
    Note,
    Opening,
    Output,
    Over,
    Perform,
    TimePassed,
    Withdraw,
    compile_script,
)
from flowlang.core.inputs import input_to_plain
from flowlang.core.journal import MemoryJournal, outcome_hash, run_input
from flowlang.core.opening import FlowCall
from flowlang.diagnostics import Source, render
from flowlang.model.actions import ACTIONS, CALL, EVERY_CHANNEL, Action, OutcomeType, Parameter
from flowlang.model.commands import Command, HangUp, Play, Reject, RunHostAction, Say
from flowlang.model.events import CallEnded, CallHeld, DigitPressed, Emitted, Event, SignalReceived
from flowlang.model.observations import Logged
from flowlang.model.results import Done, Failed
from flowlang.model.values import SECOND, Outcome, Value
from flowlang.syntax import parse

PROMPT = 2 * SECOND

At = tuple[float, Event]
"""An event at a time in seconds."""

_WORD = Parameter("word", ("any",), "shown in the table", "", by_place=True)


def _host(
    name: str,
    seconds: int,
    *,
    on_leg: bool = False,
    outcomes: tuple[str, ...] = (),
    if_left: str | None = None,
) -> tuple[Action, int]:
    declared = tuple(OutcomeType(each, (), each) for each in outcomes)
    channels = CALL if on_leg else EVERY_CHANNEL
    events = ("ringing",) if name == "ringup" else ()
    action = Action(name, name, (_WORD,), declared, events, channels, on_leg=on_leg, if_left=if_left)
    return action, seconds * SECOND


_TIMED = {
    each[0].name: each
    for each in (
        _host("speak", 2, on_leg=True),
        _host("tune", 4, on_leg=True),
        _host("fetch", 3),
        _host("post", 1),
        _host("question", 5, on_leg=True),
        _host("ringup", 20, on_leg=True, outcomes=("answered", "cancelled"), if_left="cancelled"),
    )
}
TEST_ACTIONS = {**ACTIONS, **{name: action for name, (action, _) in _TIMED.items()}}


def compiled(text: str, load: analysis.Load = analysis.load_nothing) -> Script:
    """A script that has to be right."""
    parsed = parse(Source("test.flow", text))
    assert parsed.module is not None
    assert not parsed.diagnostics, "\n".join(map(render, parsed.diagnostics))
    checked = analysis.check(parsed.module, actions=TEST_ACTIONS, load=load)
    assert checked.program is not None, "\n".join(map(render, checked.diagnostics))
    return compile_script(checked.program)


def opening(
    flow: str = "main", *, channel: str | None = "call", seed: int = 1, otherwise: FlowCall | None = None
) -> Opening:
    """A call that comes in at time zero."""
    source, to = "sip:+14155550100@x.example", "sip:+16062067563@y.example"
    return Opening("a1", flow, {}, 0, seed, channel, source, to, otherwise=otherwise)


def _shown(command: Command) -> str:
    match command:
        case Say(text=text):
            return f"say {text}"
        case Play(files=files):
            return f"play {' '.join(files)}"
        case HangUp(status=status) | Reject(status=status):
            return f"{command.name} {status}"
        case _:
            return command.name


class Watched(Activeflow):
    """Notes what is left of it when it ends: there should be nothing."""

    left: dict[str, object] | None = None

    def _end(self, ending: Ending) -> None:
        self.left = {
            "strands": list(self.strands),
            "timers": len(self.timers),
            "listeners": len(self.listeners),
            "performing": len(self.outbox) - (self.answering is not None),
            "conditions": list(self.conditions),
            "collecting": self.digits.collecting,
        }
        super()._end(ending)

    @property
    def killed(self) -> bool:
        """Whether no script was run on the way to its end."""
        text = self.ending.text if self.ending is not None else None
        return text is not None and ("again and again" in text or "entries of history" in text)


class Run:
    """An activeflow with a clock and a table of what is seen."""

    machine: type[Activeflow] = Activeflow

    def __init__(
        self,
        script: Script,
        limits: Limits | None = None,
        *,
        begin: Opening | None = None,
        flow: Activeflow | None = None,
    ) -> None:
        self.flow = flow or self.machine(script, begin or opening(), limits or Limits(), TEST_ACTIONS)
        self.journal = MemoryJournal()
        self.journal.open(self.flow.opening.to_plain())
        self.seen: list[str] = []
        self.warnings: list[str] = []
        self.commands: list[Command] = []
        self.outputs: list[list[Output]] = []
        self.ending: Ending | None = None
        self._due: list[tuple[int, int, Input]] = []
        self._number = 0

    def feed(self, given: Input) -> None:
        """Feeds an input and notes what is seen."""
        if self.ending is not None:
            return
        outputs = run_input(self.flow, given)
        self.outputs.append(outputs)
        self.journal.append(input_to_plain(given), outcome_hash(outputs))
        self.commands += [each.command for each in outputs if isinstance(each, Perform)]
        for output in outputs:
            match output:
                case Perform(action, RunHostAction(name, arguments)):
                    self.seen.append(f"{name} {arguments['word']}".strip())
                    down = arguments["word"] == "bad"
                    result = Failed("down", "it is down") if down else Done(Outcome("answered"))
                    self._plan(ActionOver(self.flow.at + _TIMED[name][1], action, result))
                case Perform(command=HangUp()) if isinstance(outputs[-1], Over):
                    pass  # the last of all: nobody waits for it
                case Perform(action, command):
                    self.seen.append(_shown(command))
                    lasts = PROMPT if isinstance(command, Say | Play) else 0
                    self._plan(ActionOver(self.flow.at + lasts, action, Done()))
                case Withdraw():
                    self.seen.append("cancel")
                case Note(Logged(text=text, level="info")):
                    self.seen.append(text)
                case Note(Logged(text=text)):
                    self.warned(text)
                case Launch(activeflow=activeflow, flow=flow):
                    self.seen.append(f"start {flow} as {activeflow}")
                case HandedOff(opening=opening):
                    self.seen.append(f"goes on as {opening.flow}")
                    flow = self.flow
                    self.flow = self.machine(flow.script, opening, flow.limits, flow.actions)
                    self.journal.open(opening.to_plain())
                    self._plan(Begin(opening.at))
                case Over(ending):
                    self.ending = ending
                    self.seen.append(f"end {ending.code or ending.how}")
                case _:
                    pass
        self.fed()

    def warned(self, text: str) -> None:
        """A line of the log that is no script's."""
        self.warnings.append(text)

    def fed(self) -> None:
        """An input has been handled: for those who want to look."""

    def _plan(self, given: Input) -> None:
        self._number += 1
        heappush(self._due, (given.at, self._number, given))

    def go(self, inputs: Iterable[Input], until: float | None) -> None:
        """Runs to the end, to a time in seconds, or until nothing more can happen, with these inputs."""
        for each in inputs:
            self._plan(each)
        if not self.outputs:
            self.feed(Begin(0))
        while self.ending is None:
            deadline = self.flow.next_deadline()
            if self._due and (deadline is None or self._due[0][0] <= deadline):
                given = self._due[0][2]
            elif deadline is not None:
                given = TimePassed(deadline)
            else:
                break
            if until is not None and given.at > until * SECOND:
                break
            if not isinstance(given, TimePassed):
                heappop(self._due)
            self.feed(given)

    def through(self, events: Sequence[At] = (), until: float = 3600) -> str:
        """Runs to the end, or to a time in seconds, with events at given seconds; what was seen."""
        self.go([Happened(int(at * SECOND), event) for at, event in events], until)
        return " · ".join(self.seen)


def seen(text: str, *events: At, until: float = 3600) -> str:
    """What is seen of a script whose flow is `main`."""
    return Run(compiled(text)).through(events, until)


def hold(at: float) -> At:
    return at, CallHeld(0)


def key(at: float, digit: str) -> At:
    return at, DigitPressed(0, digit)


def hangup(at: float) -> At:
    return at, CallEnded(0, "normal")


def ringing(at: float) -> At:
    return at, Emitted("ringing")


def signal(at: float, name: str, data: Value = None) -> At:
    return at, SignalReceived(name, data)


def check(text: str, expected: str, *events: At, until: float = 3600) -> None:
    """What is seen of a script is what is expected."""
    assert seen(text, *events, until=until) == expected
