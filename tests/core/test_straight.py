"""A handler that runs straight through has no strand of its own: nobody can tell it from one that has."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given

from flowlang.compile import blocks
from flowlang.core import Activeflow, Begin, Happened, Limits, Over
from flowlang.core.inputs import Input, TimePassed
from flowlang.core.journal import run_input
from flowlang.diagnostics import Source
from flowlang.model.events import SignalReceived
from flowlang.model.values import SECOND
from flowlang.syntax import parse
from tests.core.machine import TEST_ACTIONS, compiled, opening
from tests.core.scripts import random_script
from tests.core.test_determinism import Told, chances, commands, many


def run(text: str, *inputs: Input, limits: Limits | None = None) -> tuple[object, str | None, int | None]:
    """What a script returns, or the code and line of its fault."""
    flow = Activeflow(compiled(text), opening(channel=None), limits or Limits(), TEST_ACTIONS)
    outputs = [
        each for given in (Begin(0), *inputs) if flow.ending is None for each in run_input(flow, given)
    ]
    (over,) = [each.ending for each in outputs if isinstance(each, Over)]
    return over.value, over.code, over.line


def add(seconds: int) -> Happened:
    return Happened(seconds * SECOND, SignalReceived("add"))


@many(60)
@given(chances)
def test_a_random_script_does_the_same_as_with_strands_for_all(chance: Random) -> None:
    text = random_script(chance)
    assert parse(Source("test.flow", text)).module is not None
    seed = chance.random()
    straight = Told(compiled(text), Random(seed))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "is_straight", lambda _work: False)  # pyright: ignore[reportUnknownLambdaType]
        with_strands = Told(compiled(text), Random(seed))
    assert straight.seen == with_strands.seen
    assert straight.ending == with_strands.ending
    assert [*map(commands, straight.outputs)] == [*map(commands, with_strands.outputs)]
    assert [[(each.name, each.frames) for each in those] for those in straight.states] == [
        [(each.name, each.frames) for each in those] for those in with_strands.states
    ]


def test_it_has_its_turn_behind_a_strand_that_the_same_input_woke() -> None:
    text = (
        'flow main { let n = 1\n on signal "add" { n = n * 2 }\n wait 5s\n n = n + 10\n wait 1s\n return n }'
    )
    assert run(text, add(5), TimePassed(6 * SECOND))[0] == 22


def test_it_has_its_turn_behind_the_strand_that_emits_its_event() -> None:
    text = "flow main { let n = 1\n on twice { n = n * 2 }\n emit twice\n n = n + 10\n wait 1s\n return n }"
    assert run(text, TimePassed(SECOND))[0] == 22


def test_a_fault_in_it_is_raised_in_its_block_with_its_line() -> None:
    text = 'flow main { let n = 1\n on signal "add" {\n n = n / 0 }\n wait 5s\n return n }'
    assert run(text, add(1)) == (None, "division_by_zero", 3)


def test_a_condition_is_looked_at_behind_it() -> None:
    text = 'flow main { let n = 0\n on signal "add" { n = n + 1 }\n wait until n == 2\n return n }'
    assert run(text, add(1), add(2))[0] == 2
