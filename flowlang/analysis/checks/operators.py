"""Operators: none is used on values that it surely cannot take. Text is built with `${}`, never with `+`."""

from __future__ import annotations

from flowlang.analysis.advice import text_of_outcome
from flowlang.analysis.script import Script
from flowlang.analysis.types import Ended, Shape, Type, described, of_arithmetic
from flowlang.syntax import ast

_ORDERED = frozenset({"integer", "decimal", "text", "duration", "time"})
_NUMBERS = frozenset({"integer", "decimal"})


def check(script: Script) -> None:
    """All operators of which both sides are known."""
    for body in script.bodies:
        for node in body.nodes:
            if isinstance(node, ast.Binary):
                _binary(script, node)
            elif isinstance(node, ast.Unary) and node.operator == "-":
                known = script.types.get(id(node.operand))
                if known is not None and known not in ("integer", "decimal", "duration"):
                    script.report.add("E309", node.span, f"`-` cannot stand before {described(known)}")


def _binary(script: Script, node: ast.Binary) -> None:
    left, right = script.types.get(id(node.left)), script.types.get(id(node.right))
    if node.operator == "+" and "text" in (left, right):
        hint = 'write both into one text: `"${a}${b}"`'
        script.report.add("E308", node.span, "`+` does not join texts", hint=hint)
    elif left is None or right is None:
        pass
    elif node.operator in ("==", "!="):
        _equality(script, node, left, right)
    elif not _fits(node.operator, left, right):
        message = f"`{node.operator}` cannot take {described(left)} and {described(right)}"
        hint = _hint(script, node, left, right)
        script.report.add("E309", node.span, message, hint=hint)


def _equality(script: Script, node: ast.Binary, left: Shape | Ended, right: Shape | Ended) -> None:
    """Values of different types are never equal; an integer may equal a decimal."""
    if left == right or {left, right} <= _NUMBERS or (isinstance(left, Ended) and isinstance(right, Ended)):
        return
    always = "never" if node.operator == "==" else "always"
    message = f"this is {always} so: {described(left)} is not {described(right)}"
    hint = _hint(script, node, left, right)
    script.report.add("E309" if hint else "W503", node.span, message, hint=hint)


def _hint(script: Script, node: ast.Binary, left: Type, right: Type) -> str | None:
    return text_of_outcome(script, node.left, left) or text_of_outcome(script, node.right, right)


def _fits(operator: str, left: Type, right: Type) -> bool:
    match operator:
        case "<" | "<=" | ">" | ">=":
            return left in _ORDERED and (left == right or {left, right} <= _NUMBERS)
        case "in" | "not in":
            return right == "list" or (left == "text" and right in ("map", "text"))
        case _:
            return of_arithmetic(operator, left, right) is not None
