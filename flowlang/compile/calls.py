"""Calls: of built-ins, `func`s, flows and actions."""

from __future__ import annotations

import ast as py
from collections.abc import Callable
from typing import TypeVar

from flowlang.analysis import FlowInfo, bind, slots
from flowlang.model.actions import Action
from flowlang.model.functions import Function
from flowlang.syntax import ast

from . import names
from .frame import Frame
from .names import primitive
from .python import awaited, const, if_, load, on_strand, statement, tuple_, use
from .runtime.prices import PRICES
from .runtime.sizes import MAX_DEPTH

Written = TypeVar("Written", py.expr, list[py.expr])

_OF_ITS_PART = frozenset({"starts_with", "ends_with"})
"""Built-ins that look at no more of a text than the other has."""


def call(frame: Frame, node: ast.Call) -> tuple[py.expr, bool]:
    """The Python expression for a call, and whether it acts, so that it is awaited. Handlers are not its
    business."""
    outcome = frame.unit.program.outcome(node)
    if outcome is not None:
        return made_outcome(frame, outcome, node.arguments), False
    callee, name, given = frame.unit.program.called(node)
    declared = callee.decl if isinstance(callee, FlowInfo) else callee
    parameters = slots(declared)
    bound = bind(parameters, given).values
    if isinstance(callee, Action):
        given_to = {
            slot: [_given(frame, callee, each) for each in arguments] for slot, arguments in bound.items()
        }
        return _action(frame, node, callee, given_to), True
    values = {slot: [frame.expression(each.value) for each in arguments] for slot, arguments in bound.items()}
    match callee:
        case Function():
            return _built_in(frame, callee, values), False
        case FlowInfo():
            begin: list[py.expr] = [load(names.STRAND), load(names.DEPTH)]
            return awaited(_compiled(names.flow(name), begin, callee.decl, values)), True
        case ast.FuncDecl():
            version = frame.version.calls.get(id(node)) if frame.version is not None else None
            function = version or names.function(name)
            begin = _paid(frame, callee)
            if not (frame.can_wait and frame.is_async and frame.unit.may_spin(callee)):
                return _compiled(function, begin, callee, values), False
            begin = [load(names.STRAND), load(function), begin[1]]
            return awaited(_compiled(primitive("sliced"), begin, callee, values)), False


def _given(frame: Frame, action: Action, argument: ast.Argument) -> py.expr:
    """An argument of an action; a flow goes by its key."""
    flow = frame.unit.program.flow_given(action, argument)
    return const(flow.key) if flow is not None else frame.expression(argument.value)


def _action(frame: Frame, node: ast.Call, action: Action, values: dict[str, list[py.expr]]) -> py.expr:
    column = frame.unit.source.position(node.span.start).column
    many = {each.name for each in action.parameters if each.many}
    arguments = py.Dict(
        [const(slot) for slot in values],
        [tuple_(given) if slot in many else given[0] for slot, given in values.items()],
    )
    return awaited(on_strand("act", frame.unit.line(node), const(column), const(action.name), arguments))


def _built_in(frame: Frame, function: Function, values: dict[str, list[py.expr]]) -> py.expr:
    arguments = [values[each.name][0] for each in function.parameters if each.name in values]
    if not function.pure:
        return on_strand(function.name, *arguments)
    if function.name == "matches":
        return use("searched", frame.meter(), *arguments)
    price = PRICES.get(function.name)
    if price is None:
        return py.Call(load(names.built_in(function.name)), arguments, [])
    how = "compared" if function.name in _OF_ITS_PART else "worked"
    return use(how, frame.meter(), const(price), load(names.built_in(function.name)), *arguments)


def _compiled(
    function: str,
    begin: list[py.expr],
    node: ast.FlowDecl | ast.FuncDecl,
    values: dict[str, list[py.expr]],
) -> py.expr:
    """A call of a compiled flow or `func`. By place is quicker; by name they stand in any order."""
    given = [(slot, each[0]) for slot, each in values.items()]
    if [slot for slot, _ in given] == [each.name for each in node.params[: len(given)]]:
        return py.Call(load(function), [*begin, *(each for _, each in given)], [])
    return py.Call(load(function), begin, [py.keyword(names.variable(slot), each) for slot, each in given])


def _paid(frame: Frame, callee: ast.FuncDecl) -> list[py.expr]:
    """What goes to a `func` before its arguments: the meter and the depth, with the step that the call costs
    paid and the depth looked at, here or by the statement."""
    cost = frame.unit.cost(callee)
    if frame.paid is None:
        return [frame.meter(), use("called", frame.meter(), load(names.DEPTH), const(cost))]
    frame.paid.append(cost)
    return [frame.meter(), py.BinOp(load(names.DEPTH), py.Add(), const(1))]


def paid(frame: Frame, write: Callable[[], Written]) -> tuple[list[py.stmt], Written]:
    """What `write` gives, and the statements before it that pay for the calls of `func`s in it: one look at
    budget and depth for all of them."""
    outer, frame.paid = frame.paid, []
    made = write()
    cost, frame.paid = sum(frame.paid), outer
    if not cost:
        return [], made
    left = frame.unit.fresh("i")
    account = py.Attribute(frame.meter(), "left", py.Load())
    count = py.BinOp(account, py.Sub(), const(cost))
    return [
        if_(py.Compare(load(names.DEPTH), [py.GtE()], [const(MAX_DEPTH)]), [statement(use("too_deep"))]),
        py.Assign([py.Attribute(frame.meter(), "left", py.Store()), py.Name(left, py.Store())], count),
        if_(py.Compare(load(left), [py.Lt()], [const(0)]), [statement(use("overspent", frame.meter()))]),
    ], made


def made_outcome(frame: Frame, name: str, arguments: tuple[ast.Argument, ...]) -> py.expr:
    """An outcome that a flow declares, with its fields."""
    fields = {each.name: frame.expression(each.value) for each in arguments}
    return use("outcome", const(name), py.Dict([const(field) for field in fields], list(fields.values())))


def flow_arguments(frame: Frame, target: ast.FlowTarget) -> py.expr:
    """The arguments of a flow that is started, by name; those left out take their defaults there."""
    bound = bind(slots(frame.unit.program.target(target).decl), target.arguments).values
    return py.Dict(
        [const(name) for name in bound], [frame.expression(given[0].value) for given in bound.values()]
    )
