"""A `func` that takes long is cut into slices like a loop in a flow, and ends with its activeflow."""

from __future__ import annotations

from flowlang.compile import Script
from flowlang.core import Activeflow, Begin, Limits, Opening, Over
from flowlang.core.journal import run_input
from tests.core.machine import TEST_ACTIONS, compiled

FIB = """func fib(n) {
    if n < 2 { return n }
    return fib(n - 1) + fib(n - 2)
}
flow main { return fib(20) }
"""


def begun(script: Script, limits: Limits | None = None) -> Activeflow:
    return Activeflow(script, Opening("a1", "main", {}, 0, 1), limits or Limits(), TEST_ACTIONS)


def test_a_recursive_func_lets_others_run_in_between() -> None:
    flow = begun(compiled(FIB))
    outputs = flow.feed(Begin(0))
    slices = 1
    while flow.busy:
        outputs += flow.resume()
        slices += 1
    assert slices > 5
    (over,) = [each for each in outputs if isinstance(each, Over)]
    assert over.ending.value == 6765


def test_a_fault_in_a_func_comes_out_of_its_slices_with_its_line() -> None:
    text = FIB.replace("return n }", 'return n / "x" }').replace("fib(20)", "fib(60)")
    (over,) = [each for each in run_input(begun(compiled(text)), Begin(0)) if isinstance(each, Over)]
    assert (over.ending.code, over.ending.line) == ("type", 2)


def test_decimals_keep_their_context_in_every_slice() -> None:
    text = (
        "func third(n) {\n let x = 0.0\n loop up to n { x = x + 1 / 3.0 }\n return x\n}\n"
        "flow main { return third(9000) }"
    )
    (over,) = [each for each in run_input(begun(compiled(text)), Begin(0)) if isinstance(each, Over)]
    assert over.ending.how == "done"
    assert len(str(over.ending.value)) == 29


def test_dropping_the_activeflow_in_the_middle_runs_nothing_more() -> None:
    text = (
        "func f() {\n try { loop { } } finally { loop { } }\n}\n"
        'flow main { try { f() } finally { log "never" } }'
    )
    flow = begun(compiled(text))
    outputs = flow.feed(Begin(0))
    assert flow.busy
    flow.drop()
    assert not flow.strands
    assert not any(isinstance(each, Over) for each in outputs)


def test_a_func_that_spins_meets_the_same_end_sliced_or_not() -> None:
    text = "func f() {\n loop { }\n}\nflow main {\n try { f() } catch e { return e.code }\n}"
    (over,) = [each for each in run_input(begun(compiled(text)), Begin(0)) if isinstance(each, Over)]
    assert over.ending.value == "budget"
