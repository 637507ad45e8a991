"""Operators, conditions, templates, fields, lists and maps: what they give, and what they refuse."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from flowlang.compile.runtime.sizes import MAX_ITEMS, MAX_TEXT
from flowlang.model.values import MAX_INTEGER, MIN_INTEGER, SECOND, Duration, Outcome, Regex, Time, Value
from tests.compile.working_out import fault, result
from tests.core.machine import check, hold

D = Decimal
S5, S2 = Duration(5 * SECOND), Duration(2 * SECOND)
NOON = Time(43_200 * SECOND)


@pytest.mark.parametrize(
    ("expression", "a", "b", "expected"),
    [
        ("a + b", 2, 3, 5),
        ("a + b", 2, D("0.5"), D("2.5")),
        ("a + b", S5, S2, Duration(7 * SECOND)),
        ("a + b", NOON, S5, Time(43_205 * SECOND)),
        ("a + b", (1,), (2, "x"), (1, 2, "x")),
        ("a - b", NOON, NOON, Duration(0)),
        ("a - b", NOON, S5, Time(43_195 * SECOND)),
        ("a - b", S2, S5, Duration(-3 * SECOND)),
        ("a * b", 3, -4, -12),
        ("a * b", S5, 3, Duration(15 * SECOND)),
        ("a * b", D("1.5"), S2, Duration(3 * SECOND)),
        ("a / b", 1, 4, D("0.25")),
        ("a / b", 1, 3, D("0.3333333333333333333333333333")),
        ("a / b", 2, 3, D("0.6666666666666666666666666667")),
        ("a / b", S5, S2, D("2.5")),
        ("a / b", S5, 2, Duration(2_500_000)),
        ("a // b", 7, 2, 3),
        ("a // b", -7, 2, -4),
        ("a // b", D("7.5"), 2, 3),
        ("a // b", S5, S2, 2),
        ("a % b", 7, 3, 1),
        ("a % b", -7, 3, 2),
        ("a % b", 7, -3, -2),
        ("a % b", S5, S2, Duration(SECOND)),
        ("-a", S5, None, Duration(-5 * SECOND)),
        ("-a", D("1.5"), None, D("-1.5")),
    ],
)
def test_arithmetic(expression: str, a: Value, b: Value, expected: Value) -> None:
    given = result(expression, a=a, b=b)
    assert given == expected
    assert type(given) is type(expected)


@pytest.mark.parametrize(
    ("expression", "a", "b"),
    [
        ("a + b", MAX_INTEGER, 1),
        ("a - b", MIN_INTEGER, 1),
        ("a * b", MAX_INTEGER, 2),
        ("a // b", MIN_INTEGER, -1),
        ("-a", MIN_INTEGER, None),
        ("a * b", Duration(MAX_INTEGER), 2),
        ("a + b", Time(MAX_INTEGER), S5),
        ("a * b", D("9E+998"), D("9E+998")),
    ],
)
def test_what_does_not_fit_is_an_overflow(expression: str, a: Value, b: Value) -> None:
    assert result(expression, a=a, b=b) == "fault overflow"


def test_the_ends_of_an_integer_are_reached() -> None:
    assert result("a + b", a=MAX_INTEGER - 1, b=1) == MAX_INTEGER
    assert result("a - b", a=MIN_INTEGER + 1, b=1) == MIN_INTEGER


@pytest.mark.parametrize("operator", ["/", "//", "%"])
@pytest.mark.parametrize("zero", [0, D(0), D("0.00")])
def test_nothing_is_divided_by_zero(operator: str, zero: Value) -> None:
    assert result(f"a {operator} b", a=1, b=zero) == "fault division_by_zero"


def test_decimals_have_28_digits_and_round_half_to_even() -> None:
    assert result("a + b", a=D("1000000000000000000000000000"), b=D("0.5")) == D(
        "1000000000000000000000000000"
    )
    assert result("a + b", a=D("1000000000000000000000000001"), b=D("0.5")) == D(
        "1000000000000000000000000002"
    )
    assert result("round(a, 2)", a=D("2.675")) == D("2.68")
    assert result("round(a, 2)", a=D("2.665")) == D("2.66")
    assert result("round(a)", a=D("2.5")) == 2
    assert result("round(a)", a=D("3.5")) == 4
    assert result("a + b + 0.1", a=D("0.1"), b=D("0.1")) == D("0.3")


@pytest.mark.parametrize(
    ("expression", "a", "b"),
    [
        ("a + b", "x", "y"),
        ("a + b", "x", 1),
        ("a + b", True, 1),
        ("a + b", None, 1),
        ("a + b", S5, 1),
        ("a - b", (1,), (1,)),
        ("a * b", "x", 3),
        ("a * b", (1,), 3),
        ("a * b", S5, S5),
        ("a / b", 1, S5),
        ("a % b", "x", "y"),
        ("-a", "x", None),
        ("-a", True, None),
        ("a < b", 1, "x"),
        ("a < b", (1,), (2,)),
        ("a < b", True, False),
        ("a < b", None, 1),
        ("a >= b", {}, {}),
        ("a in b", 1, "123"),
        ("a in b", 1, 2),
        ("not a", 1, None),
        ("a and b", 1, True),
        ("a or b", "", True),
        ("a and b", True, 1),
    ],
)
def test_nothing_is_turned_into_another_type_in_silence(expression: str, a: Value, b: Value) -> None:
    assert result(expression, a=a, b=b) == "fault type"


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1, True),
        (1, D("1.0"), True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ("1", 1, False),
        (None, None, True),
        (None, False, False),
        ("", None, False),
        ((1, True), (1, True), True),
        ((1,), (True,), False),
        ((1,), (D(1),), True),
        ({"a": 1}, {"a": D(1)}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (S5, 5_000_000, False),
        (S5, Duration(5 * SECOND), True),
        (Duration(0), Time(0), False),
        (Outcome("busy"), Outcome("busy"), True),
        (Outcome("busy"), "busy", False),
        (Outcome("a", {"x": 1}), Outcome("a", {"x": True}), False),
        (Regex("a"), Regex("a", "i"), False),
    ],
)
def test_equality_across_types(a: Value, b: Value, equal: bool) -> None:
    assert result("a == b", a=a, b=b) is equal
    assert result("b == a", a=a, b=b) is equal
    assert result("a != b", a=a, b=b) is not equal
    assert result("a in b", a=a, b=(b,)) is equal
    assert result("a not in b", a=a, b=(b,)) is not equal


def test_order() -> None:
    assert result("[a < b, a <= b, a > b, a >= b]", a=1, b=D("1.5")) == (True, True, False, False)
    assert result("[a < b, a <= b, a > b, a >= b]", a=S5, b=S2) == (False, False, True, True)
    assert result("a < b", a="Z", b="a") is True
    assert result("a < b", a=Time(1), b=NOON) is True


def test_and_and_or_look_no_further_than_they_must() -> None:
    assert result("a and b / 0 == 1", a=False, b=1) is False
    assert result("a or b / 0 == 1", a=True, b=1) is True
    assert result("a or b / 0 == 1", a=False, b=1) == "fault division_by_zero"
    assert result("a and b and not (a and not b)", a=True, b=True) is True


# -- text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x", "x"),
        (12, "12"),
        (D("2.50"), "2.50"),
        (D("1E+3"), "1000"),
        (True, "true"),
        (None, "none"),
        (Duration(90 * SECOND), "90s"),
        (Duration(0), "0s"),
        (NOON, "1970-01-01 12:00:00 UTC"),
        ((1, "a", (None,)), '[1, "a", [none]]'),
        ({"a": 1, "b": "x"}, '{a: 1, b: "x"}'),
        (Outcome("busy", {"code": 486}), "busy"),
        (Outcome("text", {"text": "12"}), "12"),
        (Regex("a+", "i"), "/a+/i"),
        ("${x}", "${x}"),
    ],
)
def test_a_template_writes_a_value(value: Value, shown: str) -> None:
    assert result('"<${a}>"', a=value) == f"<{shown}>"
    assert result("text(a)", a=value) == shown


def test_a_text_that_grows_too_long_is_refused() -> None:
    half = "x" * (MAX_TEXT // 2)
    assert len(str(result('"${a}${a}"', a=half))) == MAX_TEXT
    assert result('"${a}${a}!"', a=half) == "fault too_large"
    assert result('replace(a, "x", "yyy")', a=half) == "fault too_large"
    assert result("joined(a, b)", a=("x",) * 100, b="y" * 20_000) == "fault too_large"


@pytest.mark.parametrize(
    "use",
    [
        'log "${a}"', "log text(a)", "fetch a", "start other(a)", "return a", "raise a", "emit ping, a",
        'log "${a == b}"', 'log "${a in [b]}"', 'match a { "x" => log "x"; _ => log text(a) }',
        'raise {code: "x", text: a}', "log joined(a)", 'log "${{x: a}}"', "wait until a == b",
    ],
)  # fmt: skip
def test_a_value_that_is_huge_to_look_at_is_refused_at_once(use: str) -> None:
    text = f"""
        flow main {{ let a = f(); let b = f(); {use}; if length(a) == length(b) {{ emit ping }} }}
        flow other(x) {{ log "${{x}}" }}
        func f() {{ let a = []; loop up to 60 {{ a = [a, a] }}; return a }}
    """
    begun = time.perf_counter()
    code, line = fault(text)
    assert time.perf_counter() - begun < 1
    assert (code, line) in (("too_large", 2), ("too_large", 0), (None, None))


# -- fields, items, lists, maps


def test_fields() -> None:
    assert result("a.x", a={"x": 1}) == 1
    assert result("a.x", a=Outcome("o", {"x": 1})) == 1
    assert result("a.y", a={"x": 1}) == "fault no_field"
    assert result("a?.y", a={"x": 1}) is None
    assert result("a?.y", a=None) is None
    assert result("a?.b?.c", a={"b": None}) is None
    for value in (1, "x", (1,), None, True, S5, NOON, D(1), Regex("x")):
        assert result("a.x", a=value) == "fault type"
    assert result("a?.x", a=5) == "fault type"


def test_items() -> None:
    assert result("[a[0], a[-1], a[2]]", a=(1, 2, 3)) == (1, 3, 3)
    assert result("a[1]", a="xyz") == "y"
    assert result('a["x"]', a={"x": 1}) == 1
    assert result('a["y"]', a={"x": 1}) == "fault no_field"
    assert result("a[3]", a=(1, 2, 3)) == "fault no_item"
    assert result("a[-4]", a=(1, 2, 3)) == "fault no_item"
    for index in ("0", True, D(0), None):
        assert result("a[b]", a=(1,), b=index) == "fault type"
    assert result("a[0]", a={"x": 1}) == "fault type"
    assert result("a[0]", a=Outcome("o")) == "fault type"


def test_lists_and_maps_with_spreads() -> None:
    assert result("[1, ...a, 2, ...a]", a=(5, 6)) == (1, 5, 6, 2, 5, 6)
    assert result("{x: 1, ...a, y: 3}", a={"x": 2, "y": 2}) == {"x": 2, "y": 3}
    assert result("[...a]", a="xy") == "fault type"
    assert result("{...a}", a=(1,)) == "fault type"
    many: Value = (0,) * (MAX_ITEMS // 2 + 1)
    assert result("[...a, ...a]", a=many) == "fault too_large"
    assert result("a + a", a=many) == "fault too_large"
    assert result("range(a)", a=MAX_ITEMS + 1) == "fault too_large"
    assert result("split(a, b)", a="," * MAX_ITEMS, b=",") == "fault too_large"


@pytest.mark.parametrize(
    "name", ["__class__", "__dict__", "__init__", "fields", "microseconds", "real", "as_tuple"]
)
def test_no_field_is_an_attribute_of_python(name: str) -> None:
    for value in (1, "x", (1,), None, True, S5, NOON, D(1), Regex("x"), {"x": 1}, Outcome("o")):
        assert result(f"a.{name}", a=value) in ("fault type", "fault no_field")
    assert result(f"a.{name}", a={name: 5}) == 5
    assert result(f'a["{name}"]', a=(1,)) == "fault type"


def test_an_assignment_whose_right_side_acts_reads_its_names_afterwards() -> None:
    check('flow main { let n = 0; on hold { n = 10 }; n = n + number(f()); log "${n}" }\n'
          'flow f { fetch; return "1" }', "fetch · 11 · end done", hold(1))  # fmt: skip
    check('flow main { let n = 0; on hold { n = 10 }; n = g(n, f()); log "${n}" }\n'
          'func g(a, b) = a + b\nflow f { fetch; return 1 }', "fetch · 11 · end done", hold(1))  # fmt: skip
