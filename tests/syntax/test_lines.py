"""Where a statement ends."""

from __future__ import annotations

import pytest

from flowlang.syntax.ast import FlowDecl
from tests.syntax.outline import codes, read


def statements(text: str) -> int:
    declaration = read(f"flow f {{{text}}}").declarations[0]
    assert isinstance(declaration, FlowDecl)
    return len(declaration.body.statements)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a; b", 2),
        ("a\nb", 2),
        ("a\r\nb\r\n", 2),
        ("\n\n;;a;\n;b;;\n", 2),
        ("a # comment\n# comment\n\n  # comment\nb", 2),
        ("a #; c\nb", 2),
        ("log 1,\n\n 2", 1),
        ("log 1, # comment\n 2", 1),
        ("let x = 1 +\n 2", 1),
        ("let x =\n 2", 1),
        ("let x = a and\n not\n b", 1),
        ("f(\n1\n,\n2\n)", 1),
        ("let x = [\n1,\n]", 1),
        ("let x = {\na: 1,\nb:\n2\n}", 1),
        ('let x = "${f(\n1)}"', 1),
        ("if a {\n} else {\n}\nb", 2),
        ("match a {\n\n1,\n2 => b\n\n}", 1),
        ("", 0),
        ("\n# comment\n", 0),
    ],
)
def test_a_line_ends_a_statement_unless_it_cannot(text: str, count: int) -> None:
    assert statements(text) == count


@pytest.mark.parametrize("text", ["f(1; 2)", "let x = [1; 2]", "let x = ;", "log 1,;", "a b; c d e"])
def test_a_semicolon_always_ends(text: str) -> None:
    assert codes(f"flow f {{ {text} }}") == ["E101"]


def test_two_statements_want_a_sign_between_them() -> None:
    assert codes("flow f { stop stop }") == ["E101"]
    assert codes("flow f { if a { } stop }") == ["E101"]
