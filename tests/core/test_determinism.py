"""Random scripts with random inputs: they end or wait, leave nothing behind, and replay to the same line.

`FLOWLANG_FUZZ=10000` sets how many scripts are tried.
"""

from __future__ import annotations

import json
import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlang.compile import Script
from flowlang.core import Activeflow, Ending, Limits, StopAsked
from flowlang.core.inspect import StrandState, strands_of
from flowlang.core.journal import Diverged, Entry, replay
from tests.core.machine import TEST_ACTIONS, Run, compiled, opening
from tests.core.scripts import random_inputs, random_script

LIMITS = Limits(steps_per_input=4_000, grace=200, history=600, strands=50)
UNTIL = 200  # seconds
PREFIXES = 8  # of a journal, spread over it, that are replayed

FUZZ = int(os.environ.get("FLOWLANG_FUZZ", "0"))


def many(usually: int) -> settings:
    """So many scripts, or what the environment asks for."""
    return settings(max_examples=FUZZ or usually, suppress_health_check=list(HealthCheck))


chances = st.randoms(use_true_random=False)


class Watched(Activeflow):
    """Notes what is left of it when it ends."""

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


class Told(Run):
    """A run that also notes where its strands are after each input."""

    def __init__(self, script: Script, chance: Random) -> None:
        flow = Watched(script, opening(), LIMITS, TEST_ACTIONS)
        super().__init__(script, flow=flow)
        self.states: list[tuple[StrandState, ...]] = []
        self.watched = flow
        self.go(random_inputs(chance), UNTIL)

    def fed(self) -> None:
        self.states.append(strands_of(self.flow))


def killed(ending: Ending) -> bool:
    """Whether no script was run on the way to its end."""
    return (
        ending.how == "fault"
        and ending.text is not None
        and ("again and again" in ending.text or "entries of history" in ending.text)
    )


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
    if not killed(run.ending):
        assert run.watched.left is not None
        assert not any(run.watched.left.values()), run.watched.left


@many(50)
@given(chances, st.integers(0, 1 << 32))
def test_equal_inputs_give_equal_outputs_and_a_replay_the_same_lines_and_variables(
    chance: Random, seed: int
) -> None:
    text = random_script(chance)
    script = compiled(text)
    run = Told(script, Random(seed))
    again = Told(compiled(text), Random(seed))
    assert run.seen == again.seen
    assert run.outputs == again.outputs
    assert run.journal.entries == again.journal.entries

    entries = [Entry(json.loads(json.dumps(each.given)), each.outcome) for each in run.journal.entries]
    step = max(1, len(entries) // PREFIXES)
    for until in [*range(1, len(entries), step), len(entries)]:
        flow = Activeflow(script, opening(), LIMITS, TEST_ACTIONS)
        replay(flow, entries, until)
        assert strands_of(flow) == run.states[until - 1]
        flow.drop()

    changed = entries[len(entries) // 2]
    changed.outcome = b"another!"
    flow = Activeflow(script, opening(), LIMITS, TEST_ACTIONS)
    with pytest.raises(Diverged) as diverged:
        replay(flow, entries)
    assert diverged.value.entry == len(entries) // 2
    flow.drop()
