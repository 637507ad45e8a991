"""What the compiler infers changes nothing: code for known kinds and general code give the same values and
the same faults on the same lines, for any program and arguments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlang import analysis
from flowlang.compile import Script, versions
from flowlang.compile.inference import Inference
from flowlang.compile.runtime import decimals
from flowlang.core import Limits, compile_script
from flowlang.core.faults import as_fault
from flowlang.core.meter import Meter
from flowlang.diagnostics import Source, render
from flowlang.model.values import MAX_INTEGER, MIN_INTEGER, Value
from flowlang.syntax import parse


class KnowsNothing(Inference):
    """Goes through a body, and forgets what it found."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.kinds = {}
        self.returns = None


def compiled(text: str) -> Script:
    parsed = parse(Source("test.flow", text))
    assert parsed.module is not None, "\n".join(map(render, parsed.diagnostics))
    checked = analysis.check(parsed.module)
    assert checked.program is not None, "\n".join(map(render, checked.diagnostics))
    return compile_script(checked.program)


def both(text: str) -> tuple[Script, Script]:
    """The script with what is inferred, and in general code alone."""
    known = compiled(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "Inference", KnowsNothing)
        return known, compiled(text)


def outcome(script: Script, arguments: tuple[Value, ...], limits: Limits) -> object:
    """What `f` gives with its type, or its fault with the line; and what is left of the budget."""
    meter = Meter(limits)
    try:
        value = decimals.run(script.namespace["g_f"], meter, 0, *arguments)
    except Exception as error:  # noqa: BLE001 (whatever it is becomes a fault)
        fault = as_fault(error, 0)
        return fault.code, fault.line, meter.unspent
    return type(value), str(value), meter.unspent


def assert_same(text: str, *arguments: Value, limits: Limits | None = None) -> object:
    known, general = both(text)
    found = outcome(known, arguments, limits or Limits())
    assert found == outcome(general, arguments, limits or Limits()), text
    return found


_EDGES = [0, 1, -1, 2, 3, 7, 2**31, -(2**31), 2**62, MAX_INTEGER, MIN_INTEGER, MAX_INTEGER - 1]
_INTEGERS = st.sampled_from(_EDGES) | st.integers(MIN_INTEGER, MAX_INTEGER) | st.integers(-20, 20)
_DECIMALS = st.decimals(min_value=-(10**9), max_value=10**9, places=3) | st.sampled_from(
    [Decimal("0.0"), Decimal("9e990"), Decimal("1e-990"), Decimal("-0.5")]
)
_VALUES = _INTEGERS | _DECIMALS | st.booleans() | st.none() | st.text("ab😀", max_size=3)
_NAMES = st.sampled_from(["a", "b", "x", "y"])


def _number(value: int) -> str:
    return str(value) if value >= 0 else f"(0 - {-value})" if value > MIN_INTEGER else "(0 - 1)"


_LITERALS = (
    _INTEGERS.map(_number)
    | st.sampled_from(["0.5", "2.25", "100.0", "true", "false", '"t"', "none"])
    | _NAMES
)
_OPERATORS = st.sampled_from(["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">="])


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.tuples(inner, _OPERATORS, inner).map(lambda each: f"({each[0]} {each[1]} {each[2]})")
        | inner.map(lambda each: f"(-{each})")
        | inner.map(lambda each: f'"<${{{each}}}>"' if '"' not in each else each)
        | st.tuples(inner, inner).map(lambda each: f"g({each[0]}, {each[1]})")
    )


_EXPRESSIONS = st.recursive(_LITERALS, _combined, max_leaves=6)
_COMPARISONS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
_CONDITIONS = st.tuples(_LITERALS, _COMPARISONS, _LITERALS).map(" ".join)
_ASSIGNMENTS = st.tuples(_NAMES, _EXPRESSIONS).map(lambda each: f"{each[0]} = {each[1]}")


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blocks = st.lists(inner, min_size=1, max_size=3).map("\n".join)
    return (
        st.tuples(_CONDITIONS, blocks, blocks).map(
            lambda each: f"if {each[0]} {{\n{each[1]}\n}} else {{\n{each[2]}\n}}"
        )
        | st.tuples(_CONDITIONS, blocks).map(lambda each: f"while {each[0]} {{\n{each[1]}\n}}")
        | st.tuples(_NAMES, st.integers(0, 9), blocks).map(
            lambda each: f"for i in range({each[1]}) {{\n{each[0]} = i\n{each[2]}\n}}"
        )
        | blocks.map(lambda each: f"loop up to 5 {{\n{each}\nif x == y {{ break }}\n}}")
        | blocks.map(lambda each: f'try {{\n{each}\n}} catch e {{\nx = "${{e.code}} ${{e.line}}"\n}}')
        | _EXPRESSIONS.map(lambda each: f"if a == b {{ return {each} }}")
    )


_STATEMENTS = st.recursive(_ASSIGNMENTS, _nested, max_leaves=6)


@settings(max_examples=250, deadline=None)
@given(
    statements=st.lists(_STATEMENTS, min_size=1, max_size=5),
    helper=_EXPRESSIONS,
    start=st.tuples(_LITERALS, _LITERALS),
    arguments=st.lists(st.tuples(_VALUES, _VALUES), min_size=3, max_size=3),
)
def test_what_is_inferred_changes_nothing(
    statements: list[str],
    helper: str,
    start: tuple[str, str],
    arguments: list[tuple[Value, Value]],
) -> None:
    body = "\n".join(statements)
    helper = helper.replace("x", "a").replace("y", "b")
    first, second = (each if each not in ("x", "y") else "1" for each in start)
    text = (
        f"func f(a, b) {{\nlet x = {first}\nlet y = {second}\n{body}\nreturn [a, b, x, y]\n}}\n"
        f"func g(a, b) {{\nif a == 0 {{ return b }}\nreturn {helper}\n}}\n"
        "flow main { f(1, 2)\ng(1, 2) }"
    )
    parsed = parse(Source("test.flow", text))
    assert parsed.module is not None
    if analysis.check(parsed.module).program is None:
        return  # the checker sees that it is wrong
    known, general = both(text)
    limits = Limits(steps_per_input=3_000)
    for each in arguments:
        assert outcome(known, each, limits) == outcome(general, each, limits), text


SUM = """func f(n, by) {
    let i = 0
    let total = 0
    while i < n {
        total = total + by
        i = i + 1
    }
    return total
}
flow main { f(1, 1) }"""


@pytest.mark.parametrize("by", [1, -1, MAX_INTEGER, MIN_INTEGER, 2**62, Decimal("0.1"), "a", True, None])
def test_a_loop_overflows_in_the_same_round(by: Value) -> None:
    assert_same(SUM, 5, by)


def test_an_overflow_is_found_on_its_line_and_nothing_is_stored() -> None:
    text = (
        "func f(n) {\n let x = 1\n try {\n  x = n + 1\n } catch e {\n  return [e.code, e.line, x]\n }\n"
        " return x\n}\nflow main { f(1) }"
    )
    assert assert_same(text, MAX_INTEGER) == (tuple, "('overflow', 4, 1)", Limits().steps_per_input - 20)


def test_what_a_stream_reads_later_is_not_taken_as_known() -> None:
    script = compiled("flow main {\n let n = 1\n stream { wait 1s\n log n + 1 }\n n = 2.5\n wait 2s\n}")
    main: Any = script.flows["main"]
    stream = next(each for each in main.__code__.co_consts if hasattr(each, "co_names"))
    assert "x_add" in stream.co_names


def test_recursion_is_followed_and_its_depth_and_steps_are_the_same() -> None:
    fib = "func f(n) {\n if n < 2 { return n }\n return f(n - 1) + f(n - 2)\n}\nflow main { f(1) }"
    assert assert_same(fib, 15) == (int, "610", Limits().steps_per_input - 1972 * 3)
    assert assert_same(fib, 1000)[0] == "depth"  # type: ignore[index]
    assert assert_same(fib, 40, limits=Limits(steps_per_input=5_000))[0] == "budget"  # type: ignore[index]


def test_versions_are_bounded_however_a_func_is_called() -> None:
    values = ["1", "2.5", '"t"', "true", "none"]
    calls = "\n".join(f"f({a}, {b}, {c})" for a in values for b in values for c in values)
    script = compiled(f"func f(a, b, c) = [a, b, c]\nflow main {{\n{calls}\n}}")
    assert sum(name.startswith("z") for name in script.namespace) <= 4
