"""One mistake hides no other, and makes no other. The texts themselves stand in tests/diagnostics/."""

from __future__ import annotations

import pytest

from tests.syntax.outline import codes, mistakes


def lines(text: str) -> list[tuple[int, str]]:
    return [(each.position.line, each.code) for each in mistakes(text)]


def test_a_broken_statement_does_not_hide_the_next() -> None:
    text = "flow f {\n  let = 1\n  let x = = 2\n  if a b { let y = }\n  say @\n}\n\nflow g { let x = }"
    assert lines(text) == [(3, "E101"), (4, "E101"), (5, "E101"), (8, "E101")]


def test_a_broken_head_takes_its_block_along() -> None:
    assert lines("flow f {\n  while x y {\n    let = =\n  }\n  say @\n}") == [(2, "E101"), (5, "E101")]


def test_a_broken_declaration_does_not_hide_the_next() -> None:
    text = "flow f( {\n  say 'x'\n}\nroute call => \nconst X = = 1\nflow g { say @ }"
    assert lines(text) == [(1, "E101"), (4, "E101"), (5, "E101"), (6, "E101")]


def test_what_stands_outside_of_a_declaration_is_told_once() -> None:
    assert lines("say 'a'\nsay 'b'\nlog 1\n\nflow f { say @ }") == [(1, "E101"), (5, "E101")]


def test_a_brace_too_many_is_told_once() -> None:
    assert lines("flow f {\n  if a { } }\n  say 'x'\n}\n\nflow g { say @ }") == [(3, "E101"), (6, "E101")]


def test_a_block_not_closed_does_not_hide_the_next_flow() -> None:
    assert lines("flow f {\n  say 'x'\n\nflow g {\n  say @\n}") == [(1, "E102"), (5, "E101")]


@pytest.mark.parametrize("opened", ["(", "[", "{a: "])
def test_a_bracket_not_closed_ends_with_its_line(opened: str) -> None:
    assert lines(f"flow f {{\n  let x = {opened}1\n  log 'x'\n  say @\n}}") == [(2, "E104"), (4, "E101")]


def test_text_not_closed_ends_with_its_line() -> None:
    assert lines('flow f {\n  say "x\n  say "${x\n  say "${x"\n  say \'x\n  say @\n}') == [
        (2, "E103"), (3, "E103"), (4, "E103"), (5, "E103"), (6, "E101")
    ]  # fmt: skip


def test_arms_and_handlers_are_read_on_too() -> None:
    text = "flow f {\n  match x {\n    1 = 2\n    2 => say @\n  }\n  on { }\n"
    text += "  dial 'x' {\n    on\n    on a { say @ }\n  }\n}"
    assert lines(text) == [(3, "E101"), (4, "E101"), (6, "E101"), (8, "E101"), (9, "E101")]


def test_no_more_than_twenty_are_told() -> None:
    assert len(codes("flow f {\n" + "say @\n" * 100 + "}")) == 20


def test_a_mistake_that_can_be_read_leaves_the_tree_whole() -> None:
    assert codes("flow f { n += 1; if a = 1 { } }") == ["E126", "E129"]
