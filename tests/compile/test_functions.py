"""The built-in functions: what each gives, and what it refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flowlang.model.functions import FUNCTIONS
from flowlang.model.values import SECOND, Duration, Outcome, Time, Value
from tests.compile.working_out import result

D = Decimal


@pytest.mark.parametrize(
    ("expression", "given", "expected"),
    [
        ("length(a)", "äöü", 3),
        ("length(a)", {"x": 1}, 1),
        ("number(a)", " 12 ", 12),
        ("number(a)", "-2.50", D("-2.50")),
        ("number(a)", "1_000", None),
        ("number(a)", "NaN", None),
        ("number(a)", "Infinity", None),
        ("number(a)", "٣", None),
        ("number(a)", "", None),
        ("number(a)", "9" * 41, None),
        ("upper(a)", "straße", "STRASSE"),
        ("lower(a)", "ABC", "abc"),
        ("trim(a)", " a b\n", "a b"),
        ('split(a, ",")', "a,,b", ("a", "", "b")),
        ('joined(a, "-")', (1, "b", None), "1-b-none"),
        ("joined(a)", (), ""),
        ('replace(a, "l", "L")', "hello", "heLLo"),
        ('starts_with(a, "+1")', "+1415", True),
        ('ends_with(a, "x")', "+1415", False),
        ("matches(a, /b+/)", "abbc", True),
        ("matches(a, /^b/)", "abbc", False),
        ("matches(a, /B/i)", "abbc", True),
        ("slice(a, 1)", "hello", "ello"),
        ("slice(a, 1, -1)", (1, 2, 3), (2,)),
        ("slice(a, 5, 9)", "abc", ""),
        ("keys(a)", {"x": 1, "y": 2}, ("x", "y")),
        ("values(a)", {"x": 1, "y": 2}, (1, 2)),
        ('has(a, "x")', {"x": None}, True),
        ('has(a, "y")', Outcome("o", {"x": 1}), False),
        ("range(a)", 3, (0, 1, 2)),
        ("range(a, 2)", -1, (-1, 0, 1)),
        ("range(a)", -5, ()),
        ("sorted(a)", (3, D("1.5"), 2), (D("1.5"), 2, 3)),
        ("sorted(a)", ("b", "a"), ("a", "b")),
        ("reversed(a)", (1, 2), (2, 1)),
        ("sum(a)", (1, D("0.5")), D("1.5")),
        ("sum(a)", (), 0),
        ("min(a)", (3, 1, 2), 1),
        ("max(a)", (Duration(1), Duration(2)), Duration(2)),
        ("abs(a)", -5, 5),
        ("abs(a)", D("-0.5"), D("0.5")),
        ("round(a, 1)", D("0.25"), D("0.2")),
        ("seconds(a)", Duration(1_500_000), D("1.5")),
        ("text(a)", Time(0), "1970-01-01 00:00:00 UTC"),
    ],
)
def test_a_function_gives(expression: str, given: Value, expected: Value) -> None:
    found = result(expression, a=given)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("expression", "given", "code"),
    [
        ("length(a)", 1, "type"),
        ("upper(a)", 1, "type"),
        ('split(a, "")', "x", "value"),
        ('replace(a, "", "y")', "x", "value"),
        ("slice(a, a)", "x", "type"),
        ("sorted(a)", (1, "x"), "type"),
        ("sorted(a)", (True, False), "type"),
        ("sorted(a)", ((1,), (2,)), "type"),
        ("sum(a)", ("x",), "type"),
        ("sum(a)", (True,), "type"),
        ("min(a)", (), "value"),
        ("max(a)", (1, "x"), "type"),
        ("abs(a)", -(2**63), "overflow"),
        ("number(a)", str(2**63), "overflow"),
        ("round(a, 29)", 1, "value"),
        ("round(a, 28)", 123456789, "overflow"),
        ("range(a)", "x", "type"),
        ("seconds(a)", 5, "type"),
        ("matches(a, a)", "x", "type"),
        ("has(a, a)", {"x": 1}, "type"),
    ],
)
def test_a_function_refuses(expression: str, given: Value, code: str) -> None:
    assert result(expression, a=given) == f"fault {code}"


def test_chance_is_within_its_ends_and_the_same_for_the_same_seed() -> None:
    drawn = result("[random(1, 6), random(1, 6), random(), random(5, 5)]")
    assert drawn == result("[random(1, 6), random(1, 6), random(), random(5, 5)]")
    assert isinstance(drawn, tuple)
    assert all(isinstance(each, int) and 1 <= each <= 6 for each in drawn[:2])
    assert isinstance(drawn[2], Decimal)
    assert 0 <= drawn[2] < 1
    assert drawn[3] == 5
    assert result("random(6, 1)") == "fault value"


def test_now_and_elapsed_are_of_the_input_being_handled() -> None:
    assert result("[now(), elapsed()]") == (Time(0), Duration(0))
    assert result("f()", "flow f { wait 2s; return [now(), elapsed()] }") == (
        Time(2 * SECOND),
        Duration(2 * SECOND),
    )


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_function_fails_with_anything_but_a_fault(name: str) -> None:
    odd: tuple[Value, ...] = (
        None, True, 0, -1, 2**62, D("1E+900"), D("-0"), "", "x\0é", (), (None,), {}, Duration(-1), Time(0),
        Outcome("o"),
    )  # fmt: skip
    declared = FUNCTIONS[name]
    for count in range(len(declared.parameters) - declared.optional, len(declared.parameters) + 1):
        names = "abc"[:count]
        for shift in range(len(odd)):
            given = {each: odd[(shift * (number + 1)) % len(odd)] for number, each in enumerate(names)}
            assert result(f"{name}({', '.join(names)})", **given) != "fault internal"
