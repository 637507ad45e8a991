"""Operators where the kinds of both sides are known: Python's own, checked only where the result may not have
64 bits. All others call `runtime.operators`, and mean the same."""

from __future__ import annotations

import ast as py

from flowlang.model.values import MAX_INTEGER, MIN_INTEGER
from flowlang.syntax import ast

from .frame import Frame
from .kinds import Int, Kind, is_number, unchecked
from .python import const, load, use
from .runtime.weights import FREE

_GENERAL = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_divide", "%": "modulo",
}  # fmt: skip
_COMPARING = {
    "==": "equal", "!=": "unequal", "<": "less", "<=": "less_or_equal", ">": "greater",
    ">=": "greater_or_equal", "in": "contained", "not in": "not_contained",
}  # fmt: skip
_INTEGERS: dict[str, type[py.operator]] = {
    "+": py.Add, "-": py.Sub, "*": py.Mult, "//": py.FloorDiv, "%": py.Mod,
}  # fmt: skip
_DECIMALS: dict[str, type[py.operator]] = {"+": py.Add, "-": py.Sub, "*": py.Mult, "/": py.Div}
"""Python's own too: a script runs in the context of its decimals (`runtime.decimals`)."""
_COMPARISONS: dict[str, type[py.cmpop]] = {
    "==": py.Eq, "!=": py.NotEq, "<": py.Lt, "<=": py.LtE, ">": py.Gt, ">=": py.GtE,
}  # fmt: skip


def binary(frame: Frame, node: ast.Binary) -> py.expr:
    """`left operator right`."""
    left, right = frame.kind(node.left), frame.kind(node.right)
    one, two = frame.expression(node.left), frame.expression(node.right)
    operator = node.operator
    if operator in _COMPARING:
        if operator in _COMPARISONS and _comparable(node, left, right):
            return py.Compare(one, [_COMPARISONS[operator]()], [two])
        return use(_COMPARING[operator], frame.meter(), one, two)
    divides = operator in ("/", "//", "%")
    if not is_number(left) or not is_number(right) or (divides and _may_be_zero(node.right, right)):
        made = use(_GENERAL[operator], one, two)
        joins = operator == "+" and not is_number(left) and not is_number(right)
        return use("grown", frame.meter(), made) if joins else made
    if isinstance(left, Int) and isinstance(right, Int):
        if operator in _INTEGERS:
            return held(frame, py.BinOp(one, _INTEGERS[operator](), two), unchecked(operator, left, right))
    elif operator in _DECIMALS:
        return py.BinOp(one, _DECIMALS[operator](), two)
    return use(_GENERAL[operator], one, two)


def negated(frame: Frame, node: ast.Unary) -> py.expr:
    """`-operand`."""
    below = frame.kind(node.operand)
    operand = frame.expression(node.operand)
    if isinstance(below, Int):
        return held(frame, py.UnaryOp(py.USub(), operand), Int(-below.high, -below.low))
    return use("negate", operand)


def held(frame: Frame, value: py.expr, bounds: Int) -> py.expr:
    """An integer that is held to 64 bits, if it may have more."""
    if bounds.fits:
        return value
    name = frame.unit.fresh("i")
    bound: py.expr = py.NamedExpr(py.Name(name, py.Store()), value)
    if bounds.low >= MIN_INTEGER:
        test = py.Compare(bound, [py.LtE()], [const(MAX_INTEGER)])
    elif bounds.high <= MAX_INTEGER:
        test = py.Compare(bound, [py.GtE()], [const(MIN_INTEGER)])
    else:
        test = py.Compare(const(MIN_INTEGER), [py.LtE(), py.LtE()], [bound, const(MAX_INTEGER)])
    return py.IfExp(test, load(name), use("overflow"))


def _comparable(node: ast.Binary, left: Kind, right: Kind) -> bool:
    """Whether Python compares the two as the language does, and in no time: a text with one that is short."""
    if (is_number(left) and is_number(right)) or left == right == "boolean":
        return True
    if not (_is_short(node.left) or _is_short(node.right)):
        return False
    return node.operator in ("==", "!=") or left == right == "text"


def _is_short(node: ast.Expression) -> bool:
    return isinstance(node, ast.Text) and len(node.value) <= FREE


def _may_be_zero(node: ast.Expression, kind: Kind) -> bool:
    if isinstance(kind, Int):
        return kind.low <= 0 <= kind.high
    return not (isinstance(node, ast.Number) and node.value != 0)
