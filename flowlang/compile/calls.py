"""Calls: of built-ins, `func`s, flows and actions."""

from __future__ import annotations

import ast as py

from flowlang.analysis import FlowInfo, bind, slots
from flowlang.model.actions import Action
from flowlang.model.functions import Function
from flowlang.syntax import ast

from . import names
from .frame import Frame
from .python import awaited, const, load, on_strand, tuple_

_ON_STRAND = frozenset({"now", "elapsed", "random"})
"""Built-ins that ask the activeflow; all others are plain functions."""


def call(frame: Frame, node: ast.Call) -> tuple[py.expr, bool]:
    """The Python expression for a call, and whether it acts, so that it is awaited. Handlers are not its
    business."""
    callee, name, given = frame.unit.program.called(node)
    declared = callee.decl if isinstance(callee, FlowInfo) else callee
    parameters = slots(declared)
    bound = bind(parameters, given).values
    values = {slot: [frame.expression(each.value) for each in arguments] for slot, arguments in bound.items()}
    match callee:
        case Action():
            return _action(frame, node, callee, values), True
        case Function():
            return _built_in(callee, values), False
        case FlowInfo():
            return awaited(_compiled(names.flow(name), values)), True
        case ast.FuncDecl():
            return _compiled(names.function(name), values), False


def _action(frame: Frame, node: ast.Call, action: Action, values: dict[str, list[py.expr]]) -> py.expr:
    column = frame.unit.source.position(node.span.start).column
    many = {each.name for each in action.parameters if each.many}
    arguments = py.Dict(
        [const(slot) for slot in values],
        [tuple_(given) if slot in many else given[0] for slot, given in values.items()],
    )
    return awaited(on_strand("act", frame.unit.line(node), const(column), const(action.name), arguments))


def _built_in(function: Function, values: dict[str, list[py.expr]]) -> py.expr:
    arguments = [values[each][0] for each in function.parameters if each in values]
    if function.name in _ON_STRAND:
        return on_strand(function.name, *arguments)
    return py.Call(load(names.built_in(function.name)), arguments, [])


def _compiled(function: str, values: dict[str, list[py.expr]]) -> py.expr:
    """A call of a compiled flow or `func`: the strand and the depth go along."""
    keywords = [py.keyword(names.variable(slot), given[0]) for slot, given in values.items()]
    return py.Call(load(function), [load(names.STRAND), load(names.DEPTH)], keywords)


def flow_arguments(frame: Frame, target: ast.FlowTarget) -> py.expr:
    """The arguments of a flow that is started, by name; those left out take their defaults there."""
    bound = bind(slots(frame.unit.program.target(target).decl), target.arguments).values
    return py.Dict(
        [const(name) for name in bound], [frame.expression(given[0].value) for given in bound.values()]
    )
