"""Every statement of the language has a form in which it is written."""

from __future__ import annotations

from typing import get_args

from flowlang.syntax import ast
from flowlang.syntax.format.statements import STATEMENTS


def test_every_statement_has_a_form() -> None:
    assert set(get_args(ast.Statement)) <= STATEMENTS.keys()
