"""Keywords are words like others where no statement begins; seven are reserved everywhere."""

from __future__ import annotations

import pytest

from flowlang.syntax.lexer import vocabulary
from tests.syntax.outline import codes

RESERVED = ("true", "false", "none", "not", "and", "or", "in")
SOFT = sorted(vocabulary().keywords.keys() - set(RESERVED))
STATEMENTS = """
let secret start if match while for loop break continue return stop try raise wait within every emit
handoff on stream join cancel parallel race
""".split()  # noqa: SIM905 - read as a list of words


@pytest.mark.parametrize("word", SOFT)
def test_a_keyword_may_name_a_variable_a_parameter_a_field_and_an_argument(word: str) -> None:
    text = f"""
    flow f({word}) {{
        let {word} = 1
        let x = {word} + a.{word} + g({word}: {{{word}: {word}}}) + "${{{word}}}"
    }}
    flow {word} {{ }}
    """
    assert codes(text) == []


@pytest.mark.parametrize("word", STATEMENTS)
def test_what_has_a_keyword_for_its_name_can_be_assigned(word: str) -> None:
    assert codes(f"flow f {{ {word} = 1 }}") == []


@pytest.mark.parametrize("word", RESERVED)
@pytest.mark.parametrize("text", ["let {} = 1", "x = a.{}", "x = {{{}: 1}}", "for {} in xs {{ }}"])
def test_a_reserved_word_is_never_a_name(word: str, text: str) -> None:
    assert codes(f"flow f {{ {text.format(word)} }}") == ["E109"]
