"""Templates: text with something filled in."""

from __future__ import annotations

import ast as py

from flowlang.syntax import ast

from .frame import Frame
from .kinds import Int
from .python import const, load, use
from .runtime.weights import FREE

_MAX_TEXTS = 5
"""Texts that are put together before anyone looks how long the whole is: five million characters at most."""


def template(frame: Frame, node: ast.Template) -> py.expr:
    """`"text ${expression}"`."""
    texts = [
        each for each in node.parts if not isinstance(each, str) and not isinstance(frame.kind(each), Int)
    ]
    if len(texts) > _MAX_TEXTS:
        parts = [const(each) if isinstance(each, str) else _text(frame, each) for each in node.parts]
        return use("grown", frame.meter(), use("filled", *parts))
    made = py.JoinedStr([_part(frame, each) for each in node.parts])
    if not texts:
        return made
    name = frame.unit.fresh("i")
    size = use("len", py.NamedExpr(py.Name(name, py.Store()), made))
    is_short = py.Compare(size, [py.LtE()], [const(FREE)])
    return py.IfExp(is_short, load(name), use("grown", frame.meter(), use("text", load(name))))


def _part(frame: Frame, node: str | ast.Expression) -> py.expr:
    if isinstance(node, str):
        return const(node)
    return py.FormattedValue(_text(frame, node), -1, None)


def _text(frame: Frame, node: ast.Expression) -> py.expr:
    kind = frame.kind(node)
    value = frame.expression(node)
    return value if kind == "text" or isinstance(kind, Int) else _as_text(frame, value)


def _as_text(frame: Frame, value: py.expr) -> py.expr:
    """A text and an integer as they are, anything else as `${}` writes it."""
    if isinstance(value, py.Name):
        again, looked_at = load(value.id), value
    else:
        name = frame.unit.fresh("i")
        again, looked_at = load(name), py.NamedExpr(py.Name(name, py.Store()), value)
    kind = frame.unit.fresh("i")
    found = py.NamedExpr(py.Name(kind, py.Store()), use("type", looked_at))
    is_plain = py.BoolOp(
        py.Or(),
        [py.Compare(found, [py.Is()], [load("x_str")]), py.Compare(load(kind), [py.Is()], [load("x_int")])],
    )
    return py.IfExp(is_plain, again, use("written", frame.meter(), load(again.id)))
