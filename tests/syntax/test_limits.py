"""What is too much ends in a diagnostic, at once, and never in a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.diagnostics import Source
from flowlang.syntax import limits, parse
from flowlang.syntax.ast import Module
from flowlang.syntax.build import Building
from flowlang.syntax.lexer import Lexer
from flowlang.syntax.limits import MAX_SOURCE, MAX_WORDS
from flowlang.syntax.machine import Stack, run
from flowlang.syntax.tokens import Token
from tests.syntax.outline import codes

MANY = 9_000


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


def words(count: int) -> str:
    """A script of so many words and signs."""
    return "flow f {\n" + "log 1\n" * ((count - 5) // 3) + "}"


def test_a_script_has_a_hundred_thousand_words_and_signs() -> None:
    assert codes(words(MAX_WORDS)) == []
    assert codes(words(MAX_WORDS + 3)) == ["E107"]


def test_what_is_too_long_is_told_with_the_line_where_it_becomes_so() -> None:
    found = parse(Source("a", words(MAX_WORDS + 100))).diagnostics[0]
    assert found.position.line == MAX_WORDS // 3 + 1


def test_a_script_of_six_thousand_lines_is_not_too_long() -> None:
    lines = '    # Who calls?\n    say "Hello ${caller.name}, how are you today?"\n' * 3_000
    assert codes(f"flow f {{\n{lines}}}\n") == []


class Counting(Lexer):
    """Counts what it gives."""

    given = 0

    def next(self, state: int, actions: dict[str, int]) -> Token:  # type: ignore[override]
        self.given += 1
        return super().next(state, actions)


@pytest.mark.parametrize(
    "text",
    [
        (Path(__file__).parent / "data" / "clinic.flow").read_text(encoding="utf-8"),
        "flow f {" + "stop\n\nstop;stop # end\n\t\n" * 99 + "}",
        "flow f { let x = [" + '1,-2.5,3m,+4930,a.b,a?.b,...c,/r/i,\'\',"","${a}b${c}",1==2,' * 99 + "]}",
    ],
)
def test_the_parser_reads_no_more_tokens_than_there_are_words_and_signs(text: str) -> None:
    lexer = Counting(text)
    assert isinstance(run(lexer, Building(Source("a", text)), Stack()), Module)
    assert lexer.given <= sum(1 for _ in limits.WORD.finditer(text)) + 1  # the end is a token too


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
