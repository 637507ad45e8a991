"""What `flow run` does: an engine with the phone in the terminal, one call, and its ending as the exit
code."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import trio

import flowlang
from flowlang.analysis import Program
from flowlang.backends.console import ConsoleBackend, PipedTerminal, Terminal
from flowlang.backends.pace import CHARACTERS_A_SECOND, Pace
from flowlang.model.observations import FlowEnded, Observation
from flowlang.model.policy import EVERYTHING

from .choosing import choose
from .display import Brief, LiveView, Style
from .exits import CommandError, Exit
from .faults import user_errors
from .output import Lines
from .projects import give_actions
from .sounds import length_of
from .watching import JsonLines, Observe

_BRISK = 60.0  # characters a second: time to press a key before the prompt ends, and no more


@dataclass(frozen=True, slots=True)
class Call:
    """Which call to place."""

    path: Path
    source: str
    to: str | None
    flow: str | None


class _Endings:
    """Keeps how activeflows ended; few are under way in a terminal."""

    def __init__(self) -> None:
        self._ended: dict[str, FlowEnded] = {}
        self._changed = trio.lowlevel.ParkingLot()

    def __call__(self, observation: Observation) -> None:
        if isinstance(observation, FlowEnded):
            self._ended[observation.activeflow] = observation
            self._changed.unpark_all()

    async def of(self, activeflow: str) -> FlowEnded:
        while activeflow not in self._ended:
            await self._changed.park()
        return self._ended[activeflow]


async def _heed_signals() -> None:
    """Ends by an exception, so that the terminal is left as it was."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGHUP) as signals:
        number = await anext(signals)
    raise CommandError(f"ended by {signal.Signals(number).name}", 128 + number)


def run_call(call: Call, keyboard: TextIO, *, trace: bool, as_json: bool) -> Exit:
    """Places the call and stays until its flow is over. `FAILED` where the flow ended with a fault or none
    took it."""
    shown = sys.stderr if as_json else sys.stdout
    clock = None
    if keyboard.isatty() and shown.isatty():
        from flowlang.backends.console.live import open_live_terminal  # prompt-toolkit: 50 ms

        terminal: Terminal = open_live_terminal(keyboard, shown)
    else:
        from trio.testing import MockClock

        terminal = PipedTerminal(keyboard.buffer, Lines(shown))
        clock = MockClock(autojump_threshold=0)
    run = _Run(call, terminal, Style.of(shown), trace, as_json)
    with user_errors():
        return trio.run(run, clock=clock)


class _Run:
    def __init__(self, call: Call, terminal: Terminal, style: Style, trace: bool, as_json: bool) -> None:
        self._call = call
        self._terminal = terminal
        self._style = style
        self._trace = trace
        self._as_json = as_json

    async def __call__(self) -> Exit:
        async with trio.open_nursery() as nursery:
            if self._terminal.live:
                nursery.start_soon(_heed_signals)
            code = await self._converse()
            nursery.cancel_scope.cancel()
        return code

    async def _converse(self) -> Exit:
        call = self._call
        pace = Pace(_BRISK if self._terminal.live else CHARACTERS_A_SECOND, length_of(call.path.parent))
        console = ConsoleBackend(self._terminal, pace)
        endings = _Endings()
        async with flowlang.open_engine(backends=[console], policy=EVERYTHING) as engine:
            give_actions(engine.add_action, call.path)
            script = engine.load(call.path)
            to, flow = choose(script.program, call.to, call.flow)
            engine.observe(endings)
            self._watch(engine.observe, script.program)
            await engine.listen()
            await console.converse(source=call.source, to=to, flow=flow)
            if console.activeflow is None:
                return Exit.FAILED
            ended = await endings.of(console.activeflow)
            await engine.shutdown()
        return Exit.FAILED if ended.how == "fault" else Exit.FINE

    def _watch(self, observe: Observe, program: Program) -> None:
        source = program.module.source
        if self._as_json:
            observe(JsonLines(Lines(sys.stdout)))
        if self._trace:
            observe(LiveView(self._terminal.write, self._style, lambda _activeflow: source))
        else:
            observe(Brief(self._terminal.write, self._style, source))
