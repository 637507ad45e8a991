"""Random scripts with random inputs: they end or wait, leave nothing behind, and replay to the same line.

`FLOWLANG_FUZZ=10000` sets how many scripts are tried.
"""

from __future__ import annotations

import json
import os
from random import Random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlang.compile import Script
from flowlang.core import Activeflow, Happened, Limits, Note, Output, StopAsked
from flowlang.core.inputs import input_from_plain
from flowlang.core.inspect import StrandState, strands_of
from flowlang.core.journal import Diverged, Entry, check_entry, run_input
from flowlang.diagnostics import Source
from flowlang.model.events import CallEnded, CallHeld, CallUnheld, DigitPressed, SignalReceived
from flowlang.syntax import ast, parse
from tests.core.machine import TEST_ACTIONS, Run, Watched, compiled
from tests.core.scripts import random_inputs, random_script

LIMITS = Limits(steps_per_input=4_000, grace=200, history=600, strands=50)
UNTIL = 200  # seconds
PREFIXES = 8  # of a journal, spread over it, that are replayed
PARKED = 4  # one of so many inputs is followed by a sleep
SCRIPTS = 80  # that are looked at for what they are made of

FUZZ = int(os.environ.get("FLOWLANG_FUZZ", "0"))


def many(usually: int) -> settings:
    """So many scripts, or what the environment asks for."""
    return settings(max_examples=FUZZ or usually, suppress_health_check=list(HealthCheck))


chances = st.randoms(use_true_random=False)


class Told(Run):
    """A run that also notes where its strands are after each input. `parking` decides after each whether it
    is dropped, and woken from its journal for the next."""

    machine = Watched

    def __init__(self, script: Script, chance: Random, parking: Random | None = None) -> None:
        super().__init__(script, LIMITS)
        self.states: list[tuple[StrandState, ...]] = []
        """Of each entry of the journal, which a `handoff` begins anew."""
        self._parking = parking
        self.go(random_inputs(chance), UNTIL)

    def fed(self) -> None:
        if not self.journal.entries:
            self.states.clear()
            return
        self.states.append(strands_of(self.flow))
        if self._parking is not None and self.ending is None and not self._parking.randrange(PARKED):
            self.flow.drop()
            self.flow = self.woken(len(self.journal.entries))

    def woken(self, until: int) -> Activeflow:
        """A machine brought to where this one was after so many entries of its journal, read as from disk."""
        entries = [Entry(json.loads(json.dumps(each.given)), each.outcome) for each in self.journal.entries]
        flow = self.machine(self.flow.script, self.flow.opening, LIMITS, TEST_ACTIONS)
        for number, entry in enumerate(entries[:until]):
            check_entry(flow, number, entry)
        return flow


def commands(outputs: list[Output]) -> list[Output]:
    """All that is for the world."""
    return [each for each in outputs if not isinstance(each, Note)]


@many(150)
@given(chances)
def test_a_script_ends_or_waits_and_leaves_nothing_behind(chance: Random) -> None:
    run = Told(compiled(random_script(chance)), chance)
    if run.ending is None:
        assert run.flow.strands, "it waits for nothing"
        run.go([StopAsked(run.flow.at)], None)
    assert run.ending is not None
    assert run.ending.code != "internal"
    assert "caught internal" not in run.seen
    assert not [each for each in run.warnings if "flowlang itself" in each]
    flow = run.flow
    assert isinstance(flow, Watched)
    if not flow.killed:
        assert flow.left is not None
        assert not any(flow.left.values()), flow.left
    assert not flow.strands
    assert flow.next_deadline() is None


@many(50)
@given(chances, st.integers(0, 1 << 32))
def test_equal_inputs_give_equal_outputs_and_a_replay_goes_on_from_any_point_to_the_same_commands(
    chance: Random, seed: int
) -> None:
    text = random_script(chance)
    script = compiled(text)
    run = Told(script, Random(seed))
    again = Told(compiled(text), Random(seed))
    assert run.seen == again.seen
    assert run.outputs == again.outputs
    assert run.journal.entries == again.journal.entries

    entries = run.journal.entries
    outputs = run.outputs[len(run.outputs) - len(entries) :]
    step = max(1, len(entries) // PREFIXES)
    for until in [*range(1, len(entries), step), len(entries)]:
        flow = run.woken(until)
        assert strands_of(flow) == run.states[until - 1]
        for number in range(until, len(entries)):
            went_on = run_input(flow, input_from_plain(entries[number].given))
            assert commands(went_on) == commands(outputs[number])
        flow.drop()

    if entries:
        middle = len(entries) // 2
        entries[middle].outcome = b"another!"
        with pytest.raises(Diverged) as diverged:
            run.woken(len(entries))
        assert diverged.value.entry == middle


@many(40)
@given(chances, st.integers(0, 1 << 32))
def test_an_activeflow_that_is_parked_now_and_then_does_the_same(chance: Random, seed: int) -> None:
    script = compiled(random_script(chance))
    run = Told(script, Random(seed))
    parked = Told(script, Random(seed), parking=Random(seed))
    assert parked.seen == run.seen
    assert [commands(each) for each in parked.outputs] == [commands(each) for each in run.outputs]


# -- what the random scripts and inputs are made of

EXITS = (ast.Break, ast.Continue, ast.Return, ast.Stop, ast.Raise, ast.Handoff)
PLACES = (ast.On, ast.Stream, ast.Parallel, ast.Race, ast.Within, ast.Every, ast.Try)


def test_random_scripts_have_every_statement_and_every_exit_in_every_place() -> None:
    modules = [parse(Source("random.flow", random_script(Random(seed)))).module for seed in range(SCRIPTS)]
    nodes = [node for module in modules if module for each in module.declarations for node in ast.walk(each)]
    assert set(get_args(ast.Statement)) <= {type(node) for node in nodes}
    within: dict[type[ast.Node], set[type[ast.Node]]] = {}
    for node in nodes:
        within.setdefault(type(node), set()).update(type(each) for each in ast.walk(node))
    for place in PLACES:
        assert set(EXITS) <= within[place], place.__name__


def test_random_inputs_have_everything_that_comes_in() -> None:
    inputs = [each for seed in range(SCRIPTS) for each in random_inputs(Random(seed))]
    events = {type(each.event) for each in inputs if isinstance(each, Happened)}
    assert {DigitPressed, CallHeld, CallUnheld, SignalReceived, CallEnded} <= events
    assert any(isinstance(each, StopAsked) for each in inputs)
