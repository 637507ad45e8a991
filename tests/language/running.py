"""Runs a scenario, and keeps the rows of what is seen."""

from __future__ import annotations

from flowlang.core import ActionOver, Input, Limits, Perform
from flowlang.core.journal import check_entry
from flowlang.core.routing import NoRoute, choose_route
from flowlang.model.commands import RunHostAction
from flowlang.model.values import SECOND
from flowlang.modules import ModuleFiles
from tests.core.machine import Run, Watched, compiled
from tests.language.scenario import Came, Row, Scenario

LIMITS = Limits(steps_per_input=20_000, history=300)
"""Small, so that a scenario can reach them."""

UNTIL = 3600 * SECOND
"""When a script that still waits is looked at no longer."""


class Table(Run):
    """A run of a scenario. `parked`: before each input it is dropped, and woken from its journal."""

    machine = Watched

    def __init__(self, scenario: Scenario, *, parked: bool = False) -> None:
        self.rows: list[Row] = list(scenario.begins)
        self._folder = f"{scenario.path.parent}/"
        self._parked = parked
        self._under_way: dict[str, int] = {}
        script = compiled(scenario.text, ModuleFiles(scenario.path))
        begin = scenario.opening
        refused = None
        if script.routes:
            chosen = choose_route(script, begin)
            if isinstance(chosen, NoRoute):
                refused = chosen
            else:
                begin = begin.taken_by(chosen.flow, chosen.line, chosen.otherwise)
        super().__init__(script, LIMITS, begin=begin)
        if refused is None:
            self._go(scenario.inputs)
        else:
            self.rows += [(0, "refused"), *((0, why) for why in refused.why)]

    def _go(self, inputs: list[Came]) -> None:
        for each in inputs:
            self.go((), (each.at - 1) / SECOND)
            self._take(each)
        self.go((), UNTIL / SECOND)

    def _take(self, came: Came) -> None:
        """Brings in what a row says."""
        assert self.ending is None, f"it has ended before {came.row}"
        self.rows.append(came.row)
        if isinstance(came.what, tuple):
            name, result = came.what
            assert name in self._under_way, f"no {name} is under way at {came.row}"
            self.feed(ActionOver(came.at, self._under_way[name], result))
        else:
            self.feed(came.what)

    def feed(self, given: Input) -> None:
        """Feeds an input, with rows for all that is seen of it."""
        if self.ending is not None:
            return
        before = len(self.seen)
        super().feed(given)
        for output in self.outputs[-1]:
            if isinstance(output, Perform):
                command = output.command
                name = command.action if isinstance(command, RunHostAction) else command.name
                self._under_way[name] = output.action
        self.rows += [(self.at / SECOND, each.replace(self._folder, "")) for each in self.seen[before:]]

    def fed(self) -> None:
        """Parks it."""
        if self._parked and self.ending is None and self.journal.entries:
            flow = self.flow
            flow.drop()
            self.flow = self.machine(flow.script, flow.opening, flow.limits, flow.actions)
            for number, entry in enumerate(self.journal.entries):
                check_entry(self.flow, number, entry)

    @property
    def at(self) -> int:
        """The time."""
        return self.flow.at

    @property
    def watched(self) -> Watched:
        """The machine, or the last of them."""
        assert isinstance(self.flow, Watched)
        return self.flow

    def warned(self, text: str) -> None:
        """A warning is seen as well."""
        super().warned(text)
        self.seen.append(f"! {text}")
