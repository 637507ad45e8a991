"""What is too much ends in a diagnostic, at once, and never in a crash."""

from __future__ import annotations

import pytest

from flowlang.diagnostics import Source
from flowlang.syntax import parse
from flowlang.syntax.limits import MAX_SOURCE
from tests.syntax.outline import codes

MANY = 50_000


def value(text: str) -> list[str]:
    return codes(f"flow f {{ let x = {text} }}")


@pytest.mark.parametrize(
    "text",
    [
        "(" * MANY,
        "[" * MANY,
        "{a: " * MANY,
        "f(" * MANY,
        '"${' * MANY,
        "- " * MANY + "1",
        "not " * MANY + "true",
        "1" + " + 1" * MANY,
        "a" + " and a" * MANY,
        "a" + ".b" * MANY,
        "a" + "[0]" * MANY,
    ],
)
def test_a_value_is_not_nested_without_end(text: str) -> None:
    assert value(text) == ["E106"]


@pytest.mark.parametrize(
    "text",
    [
        "if a { " * MANY,
        "if a { }" + " else if a { }" * MANY,
        "match a { " + "_ => if a { match a { " * MANY,
        "a" + ".b" * MANY,
        "on a { " * MANY,
    ],
)
def test_statements_are_not_nested_without_end(text: str) -> None:
    assert codes(f"flow f {{ {text} }}"[:MAX_SOURCE]) == ["E106"]


def test_two_hundred_deep_is_too_deep_however_it_comes_about() -> None:
    sums = " + 1" * 90
    assert value(f"(1{sums}){sums}") == []
    assert value(f"((1{sums}){sums}){sums}") == ["E106"]


def test_blocks_in_brackets_count_together() -> None:
    assert codes("flow f { " + "if a { " * 60 + "}" * 61) == []
    assert codes("flow f { " + "if a { " * 120 + "}" * 121) == ["E106"]


def test_a_script_has_a_mebibyte() -> None:
    assert codes("#" * MAX_SOURCE) == []
    assert codes("#" * (MAX_SOURCE + 1)) == ["E107"]


def test_a_long_number_is_refused_before_it_is_counted_with() -> None:
    assert value("9" * 1_000_000) == ["E115"]
    assert value("9" * 1_000_000 + "d") == ["E115"]
    assert value("0." + "9" * 1_000_000) == ["E115"]


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\u202e", "\u2066", "\ud800", "\r"])
def test_what_nobody_sees_may_not_stand_in_a_script(character: str) -> None:
    assert codes(f"flow f {{ say '{character}x' }}") == ["E108"]
    assert codes(f"# {character}x") == ["E108"]


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert parse(Source("a", "\ufeffflow f { }")).diagnostics == ()
