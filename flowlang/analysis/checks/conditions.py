"""Conditions: no value is true or false by itself, so `if`, `while`, `when`, `and`, `or` and `not` take
booleans only."""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.analysis.script import Script
from flowlang.analysis.types import Type, described
from flowlang.syntax import ast


def check(script: Script) -> None:
    """Everything that decides something."""
    for body in script.bodies:
        for node in body.nodes:
            for what, condition in _conditions(node):
                known = script.types.get(id(condition))
                if known is not None and known != "boolean":
                    message = f"{what} is {described(known)}, and only a boolean decides"
                    script.report.add("E307", condition.span, message, hint=_hint(known))


def _conditions(node: ast.Node) -> Iterator[tuple[str, ast.Expression]]:
    match node:
        case ast.If() | ast.While():
            yield "the condition", node.condition
        case ast.Route(when=when) if when is not None:
            yield "the condition", when
        case ast.On(guard=guard) | ast.Arm(guard=guard) if guard is not None:
            yield "the condition", guard
        case ast.Logical():
            yield f"this side of `{node.operator}`", node.left
            yield f"this side of `{node.operator}`", node.right
        case ast.Unary(operator="not"):
            yield "what `not` stands before", node.operand
        case _:
            pass


def _hint(known: Type) -> str:
    match known:
        case "integer" | "decimal":
            return "compare it, as in `n > 0`"
        case "text":
            return 'compare it, as in `x == ""`'
        case "list" | "map":
            return "compare its length, as in `length(xs) > 0`"
        case _:
            return "compare it, as in `x == y`"
