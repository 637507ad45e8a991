"""Expressions, to Python's."""

from __future__ import annotations

import ast as py
from decimal import Decimal

from flowlang.model.functions import PREDEFINED
from flowlang.model.values import Duration, Regex, Value
from flowlang.syntax import ast

from . import names
from .arithmetic import binary, negated
from .calls import call, flow_arguments, made_outcome
from .conditions import condition
from .frame import Frame
from .patterns import wants
from .python import assign, awaited, const, lambda_, load, not_, on_strand, stamp, tuple_, use
from .templates import template


def expression(frame: Frame, node: ast.Expression) -> py.expr:
    """The Python expression, stamped with the place of this one."""
    made = _expression(frame, node)
    line, column = frame.unit.source.position(node.span.start)
    stamp([made], line, column)
    return made


def _expression(frame: Frame, node: ast.Expression) -> py.expr:
    match node:
        case (
            ast.Number(value=int(value))
            | ast.Text(value=value)
            | ast.Boolean(value=value)
            | ast.PhoneNumber(value=value)
        ):
            return const(value)
        case ast.Number(value=Decimal() as value):
            return pooled(frame, value)
        case ast.NoneLiteral():
            return const(None)
        case ast.DurationLiteral():
            return pooled(frame, Duration(node.microseconds))
        case ast.Regex():
            return pooled(frame, Regex(node.pattern, node.flags))
        case ast.Name():
            return _name(frame, node)
        case ast.Template():
            return template(frame, node)
        case ast.ListLiteral():
            return _list(frame, node)
        case ast.MapLiteral():
            return _map(frame, node)
        case ast.Field() if (constant := frame.unit.program.constant(node)) is not None:
            return load(names.constant(constant))
        case ast.Field():
            how = "optional_field" if node.optional else "field"
            return use(how, expression(frame, node.value), const(node.name))
        case ast.Index():
            return use("item", expression(frame, node.value), expression(frame, node.index))
        case ast.Unary(operator="-"):
            return negated(frame, node)
        case ast.Unary():
            return not_(condition(frame, node.operand))
        case ast.Binary():
            return binary(frame, node)
        case ast.Logical():
            return _logical(frame, node)
        case ast.Call():
            made, acts = call(frame, node)
            return hoisted(frame, made) if acts else made
        case ast.WaitFor():
            return hoisted(frame, _wait_for(frame, node))
        case ast.Start():
            return _start(frame, node)
        case _:
            raise AssertionError(node)


def hoisted(frame: Frame, acts: py.expr) -> py.expr:
    """On the right side of an assignment an action comes first: what else is named there is read
    afterwards."""
    if frame.hoisted is None:
        return acts
    name = frame.unit.fresh("a")
    frame.hoisted.append(assign(name, acts))
    return load(name)


def pooled(frame: Frame, value: Value) -> py.expr:
    """A constant that Python has no literal for."""
    return load(frame.unit.pooled(value))


def _name(frame: Frame, node: ast.Name) -> py.expr:
    if node.name in frame.unit.program.constants:
        return load(names.constant(node.name))
    if frame.unit.program.outcome(node) is not None:
        return made_outcome(frame, node.name, ())
    if node.name in PREDEFINED:
        return on_strand("predefined", const(node.name))
    return load(names.variable(node.name))


def _list(frame: Frame, node: ast.ListLiteral) -> py.expr:
    if not any(isinstance(each, ast.Spread) for each in node.items):
        return tuple_(expression(frame, each) for each in node.items if not isinstance(each, ast.Spread))
    parts = [
        tuple_((const(True), expression(frame, each.value)))
        if isinstance(each, ast.Spread)
        else tuple_((const(False), expression(frame, each)))
        for each in node.items
    ]
    return use("grown", frame.meter(), use("list_of", *parts))


def _map(frame: Frame, node: ast.MapLiteral) -> py.expr:
    parts = [
        tuple_((const(None if isinstance(each, ast.Spread) else each.key), expression(frame, each.value)))
        for each in node.entries
    ]
    return use("grown", frame.meter(), use("map_of", *parts))


def _logical(frame: Frame, node: ast.Logical) -> py.expr:
    """A chain of one operator is one Python expression, however long."""
    operands: list[ast.Expression] = []
    left: ast.Expression = node
    while isinstance(left, ast.Logical) and left.operator == node.operator:
        operands.append(left.right)
        left = left.left
    operands.append(left)
    # What stands behind the operator may not run at all, so an action there cannot be taken out and run
    # first.
    kept, frame.hoisted, paid, frame.paid = frame.hoisted, None, frame.paid, None
    made = py.BoolOp(
        py.And() if node.operator == "and" else py.Or(),
        [condition(frame, each) for each in reversed(operands)],
    )
    frame.hoisted, frame.paid = kept, paid
    return made


def _wait_for(frame: Frame, node: ast.WaitFor) -> py.expr:
    line = frame.unit.line(node)
    limit = expression(frame, node.within) if node.within is not None else const(None)
    return awaited(
        on_strand("wait_for", line, const(node.event), wants(frame, node.patterns, None, None), limit)
    )


def _start(frame: Frame, node: ast.Start) -> py.expr:
    arguments = flow_arguments(frame, node.target)
    key = frame.unit.program.target(node.target).key
    return on_strand("start", frame.unit.line(node), const(key), arguments)


def thunk(frame: Frame, node: ast.Expression) -> py.expr:
    """An expression to be looked at again and again."""
    return lambda_((), frame.without_waiting(lambda: expression(frame, node)))
