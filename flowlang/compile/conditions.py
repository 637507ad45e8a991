"""Conditions: expressions that have to be true or false."""

from __future__ import annotations

import ast as py

from flowlang.syntax import ast

from .frame import Frame
from .python import stamp, use

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in"})


def condition(frame: Frame, node: ast.Expression) -> py.expr:
    """An expression that has to be true or false."""
    made = frame.expression(node)
    if is_boolean(node) or frame.kind(node) == "boolean":
        return made
    checked = use("boolean", made)
    stamp([checked], made.lineno, made.col_offset)
    return checked


def is_boolean(node: ast.Expression) -> bool:
    """Whether it can be nothing else."""
    match node:
        case ast.Boolean() | ast.Logical() | ast.Unary(operator="not"):
            return True
        case ast.Binary(operator=operator):
            return operator in _COMPARISONS
        case _:
            return False
