"""The grammar and what is made of it: strictly LALR(1), tables that are its own, a builder for each rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.resources import grammar_path
from flowlang.syntax.build import BUILDERS
from flowlang.syntax.generate import generate
from flowlang.syntax.lexer import vocabulary
from flowlang.syntax.tables import FILES, TABLES_FILE, Tables, grammar_text, tables, to_json


@pytest.fixture(scope="module")
def generated() -> Tables:
    """Lark raises where rules conflict or terminals collide: the grammar is built with `strict=True`."""
    return generate(grammar_text())


def test_the_stored_tables_are_those_of_the_grammar(generated: Tables) -> None:
    stored = (grammar_path() / TABLES_FILE).read_text(encoding="utf-8")
    assert stored == to_json(generated, grammar_text()), "run `make grammar`"
    assert tables() == generated


def test_every_grammar_file_is_read() -> None:
    assert {path.stem for path in Path(grammar_path()).glob("*.lark")} == set(FILES)


def test_every_rule_has_a_builder_and_every_builder_a_rule() -> None:
    assert {rule.builder for rule in tables().rules if rule.builder} == set(BUILDERS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BLOCK_OPEN", "MAP_OPEN"),
        ("WRONG_OR", "VBAR"),
        ("TEMPLATE_OPEN", "TEMPLATE_CLOSE"),
        ("TEMPLATE_CLOSE", "LONG_CLOSE"),
        ("TEMPLATE_TEXT", "LONG_TEXT"),
        ("LONG_OPEN", "LONG_CLOSE"),
    ],
)
def test_no_state_has_two_terminals_of_the_same_text(one: str, other: str) -> None:
    assert not [
        state for state, actions in enumerate(tables().actions) if one in actions and other in actions
    ]


def test_where_a_value_may_begin_no_operator_that_looks_like_one_follows() -> None:
    for actions in tables().actions:
        if "REGEX" in actions:
            assert not {"SLASH", "WHOLE_DIVIDE", "PLUS"} & actions.keys()


def test_the_words_reserved_everywhere_are_seven() -> None:
    reserved = {"true", "false", "none", "not", "and", "or", "in"}
    assert reserved < vocabulary().keywords.keys()
    names = [actions for actions in tables().actions if "NAME" in actions and "EQUAL" not in actions]
    assert names


def test_the_grammar_carries_no_python() -> None:
    assert "%import" not in grammar_text()
    assert "lambda" not in grammar_text()
