"""A whole script, to Python code objects and the functions that they make."""

from __future__ import annotations

import ast as py
import builtins
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from flowlang.analysis import FlowInfo, Program
from flowlang.analysis.checks.routes import priority
from flowlang.diagnostics import Source
from flowlang.model.places import Line
from flowlang.model.values import Outcome, Value
from flowlang.syntax import ast

from . import names
from .blocks import body
from .calls import flow_arguments, paid
from .conditions import condition
from .expressions import expression
from .frame import Cover, Frame, Place, Unit
from .hoisting import hoisted
from .plan import Plan
from .python import assign, const, function, if_, load, parameters, stamp, tuple_, use
from .runtime import comparisons, decimals, fields, operators, patterns, sizes, steps, texts, weights
from .runtime.faults import Fault, script_line
from .runtime.functions import BUILT_INS
from .statements import statement
from .versions import Version, Versions

_COROUTINE = 4  # steps more than for a `func`
_CATCH = 20  # steps: to raise a fault and to catch it
MISSING = object()
"""Stands for an argument that was not given, where the parameter has a default."""

Condition = Callable[[Any], bool]
Arguments = Callable[[Any], dict[str, Value]]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A flow that a route starts; `arguments` is called with what the route can see."""

    flow: str
    arguments: Arguments


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRoute:
    """A route, ready to be tried. `when` and the arguments are called with what stands for a strand."""

    node: ast.Route
    line: int
    priority: int
    to: Value
    source: Value
    via: Value
    when: Condition | None
    target: Target
    otherwise: Target | None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Script:
    """A compiled script. `flows` are coroutine functions, those of modules included, by what the whole
    program calls each: strand, depth, arguments."""

    program: Program
    namespace: dict[str, Any]
    flows: Mapping[str, Callable[..., Awaitable[Value]]]
    routes: tuple[CompiledRoute, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The texts that it was made from: the modules', each behind those that it uses, then its own."""
        return self.program.sources


def compile_program(
    program: Program,
    primitives: Mapping[str, Any],
    bystander: Any,
    cover: Cover | None = None,
    *,
    flows: bool = True,
) -> Script:
    """Compiles a checked program, its modules first: each has a namespace of its own, into which the flows,
    functions and constants of those before it are put under names that no script can spell.

    `primitives` are the core's `SCRIPT_CALLS`; `bystander` stands for a strand where none runs: while
    constants are worked out; `cover` is told what is reached. Without `flows` only the rest is compiled, to
    see whether constants and the addresses of routes can be worked out. Raises `Fault` if one cannot.
    """
    exports: dict[str, Any] = {}
    for each in program.modules[:-1]:
        exports |= _exports(each, _linked(each, primitives, bystander, cover, exports, flows)[0])
    namespace, routes = _linked(program, primitives, bystander, cover, exports, flows)
    made = {
        each.flows[name].key: namespace[names.flow(each.prefix + name)]
        for each in program.modules
        for name in (each.flows if flows else ())
    }
    return Script(program, namespace, made, routes)


def _exports(program: Program, namespace: dict[str, Any]) -> dict[str, Any]:
    """What others may use of a module, under its prefix, whose dot no name of a script has."""
    kinds = (
        (names.flow, program.flows),
        (names.function, program.functions),
        (names.constant, program.constants),
    )
    return {
        kind(program.prefix + name): namespace[kind(name)]
        for kind, all_ in kinds
        for name in all_
        if kind(name) in namespace
    }


def _linked(
    program: Program,
    primitives: Mapping[str, Any],
    bystander: Any,
    cover: Cover | None,
    exports: Mapping[str, Any],
    flows: bool,
) -> tuple[dict[str, Any], tuple[CompiledRoute, ...]]:
    """The namespace and the routes of one module."""
    unit = Unit(program, expression, statement, cover)
    written = [
        *_bodies(unit, program.flows if flows else {}),
        *(_constant(unit, each) for each in program.constants.values()),
    ]
    routes = [_route(unit, each, written) for each in program.routes]
    namespace = _namespace(unit, primitives) | dict(exports)
    namespace[names.FILE] = program.module.source.name if program.prefix else None
    namespace[names.STRAND] = bystander
    namespace[names.DEPTH] = 0
    module = py.Module(written, [])
    code = compile(module, program.module.source.name, "exec", dont_inherit=True, optimize=0)
    try:
        with decimals.in_script():
            exec(code, namespace)  # noqa: S102
    except Fault as fault:
        below = fault.__traceback__ and fault.__traceback__.tb_next  # the constant, whatever it calls
        line = below.tb_lineno if below is not None else 0
        fault.line = Line(line, program.module.source.name) if program.prefix else line
        raise
    made = tuple(each(namespace) for each in routes)
    del namespace[names.STRAND]
    return namespace, made


def _caught(meter: steps.Meter, error: Exception) -> Outcome:
    """What a `catch` in a `func` holds."""
    steps.spend(meter, _CATCH)
    fault = error if isinstance(error, Fault) else decimals.fault_of_decimals()
    fault.line = fault.line or script_line(error)
    return fault.as_outcome()


def _namespace(unit: Unit, primitives: Mapping[str, Any]) -> dict[str, Any]:
    """All that compiled code can name. Python's own built-ins are not there."""
    ours: dict[str, Any] = dict(primitives)
    for module in (operators, comparisons, fields, patterns, texts, sizes, steps, weights):
        ours |= {
            name: value
            for name, value in vars(module).items()
            if not name.startswith("_") and callable(value)
        }
    ours |= {
        "Decimal": Decimal,
        "int": int,
        "len": len,
        "str": str,
        "type": type,
        "GeneratorExit": builtins.GeneratorExit,
        "BaseException": builtins.BaseException,
        "FAULTS": (Fault, *decimals.ERRORS),
        "MISSING": MISSING,
        "caught_fault": _caught,
    }
    if unit.cover is not None:
        ours["cover"] = unit.cover.reached
    namespace: dict[str, Any] = {"__builtins__": {}}
    namespace |= {names.primitive(name): value for name, value in ours.items()}
    namespace |= {names.built_in(name): value for name, value in BUILT_INS.items()}
    return namespace | unit.pool


def _bodies(unit: Unit, written: Mapping[str, FlowInfo]) -> list[py.stmt]:
    """All flows and functions, these in each of their versions. What is asked for by one is known before any
    is written."""
    program = unit.program
    versions = Versions(program)
    flows = [(each.decl, versions.of_flow(each.decl)) for each in written.values()]
    quick = {name: versions.likely(each) for name, each in program.functions.items()}
    return [
        *(
            _function(unit, each, version, quick[name] if version is versions.general(each) else None)
            for name, each in program.functions.items()
            for version in versions.made(each)
        ),
        *(made for each, version in flows for made in hoisted(_flow(unit, each, version), unit.fresh)),
    ]


def _flow(unit: Unit, node: ast.FlowDecl, version: Version) -> py.stmt:
    frame = Frame(unit, Plan(node.body), is_async=True, version=version)
    frame.declared.update(each.name for each in node.params)
    work = body(
        frame,
        node.body,
        Place(is_flow=True, outcomes=node.outcomes),
        dispatch=lambda left_by: [py.Return(use("returned", load(left_by)))],
    )
    if node.outcomes:
        work.append(py.Return(use("one_of", const(None), tuple_(const(each) for each in node.outcomes))))
    return _definition(frame, names.flow(node.name), node, work)


def _function(unit: Unit, node: ast.FuncDecl, version: Version, quick: Version | None) -> py.stmt:
    """`quick` is the version that calls with what is likely go on to."""
    frame = Frame(unit, None, is_async=False, version=version, is_func=True)
    frame.declared.update(each.name for each in node.params)
    place = Place(is_flow=True)
    if isinstance(node.body, ast.Block):
        work = body(frame, node.body, place)
    else:
        result = node.body
        payment, value = paid(frame, lambda: frame.expression(result))
        work = [*payment, py.Return(value)]
    if quick is not None:
        work = [_handed_on(node, quick), *work]
    return _definition(frame, version.name, node, work)


def _handed_on(node: ast.FuncDecl, quick: Version) -> py.stmt:
    """Hands a call with the likely arguments to the version for them."""
    variables = [names.variable(each.name) for each in node.params]
    tests: list[py.expr] = [
        py.Compare(use("type", load(name)), [py.Is()], [load(_CLASSES[kind])])
        for name, kind in zip(variables, quick.signature, strict=True)
        if kind is not None
    ]
    test = tests[0] if len(tests) == 1 else py.BoolOp(py.And(), tests)
    arguments = [load(names.STRAND), load(names.DEPTH), *map(load, variables)]
    return if_(test, [py.Return(py.Call(load(quick.name), list[py.expr](arguments), []))])


_CLASSES = {"integer": "x_int", "decimal": "x_Decimal", "text": "x_str"}


def _definition(frame: Frame, name: str, node: ast.FlowDecl | ast.FuncDecl, work: list[py.stmt]) -> py.stmt:
    """`def name(S, D, …)`: one deeper, defaults filled in, then the body."""
    begin: list[py.stmt] = []
    if not frame.is_func:
        cost = const(_COROUTINE + frame.unit.cost(node))
        begin.append(assign(names.DEPTH, use("deeper", load(names.STRAND), load(names.DEPTH), cost)))
    begin += frame.unit.covered(node)
    defaults: list[py.expr] = []
    for each in node.params:
        if each.default is not None:
            defaults.append(load("x_MISSING"))
            missing = py.Compare(load(names.variable(each.name)), [py.Is()], [load("x_MISSING")])
            begin.append(if_(missing, [assign(names.variable(each.name), frame.expression(each.default))]))
        elif defaults:
            defaults.append(const(None))
    takes = parameters(
        [names.STRAND, names.DEPTH, *(names.variable(each.name) for each in node.params)], defaults
    )
    made = function(name, takes, [*frame.prologue(), *begin, *work], is_async=frame.is_async)
    line, column = frame.unit.source.position(node.span.start)
    stamp([made], line, column)
    return made


def _constant(unit: Unit, node: ast.Const) -> py.stmt:
    made = assign(names.constant(node.name), Frame(unit, None, is_async=False).expression(node.value))
    line, column = unit.source.position(node.span.start)
    stamp([made], line, column)
    return made


def _route(unit: Unit, node: ast.Route, written: list[py.stmt]) -> Callable[[dict[str, Any]], CompiledRoute]:
    """Writes the functions of a route; what is returned makes the route from the namespace that has them."""
    line, column = unit.source.position(node.span.start)
    frame = Frame(unit, None, is_async=False)

    def add(value: py.expr) -> str:
        name = unit.fresh("route")
        takes = parameters([names.STRAND])
        made = function(name, takes, [py.Return(value)], is_async=False)
        stamp([made], line, column)
        written.append(made)
        return name

    when = add(condition(frame, node.when)) if node.when is not None else None
    to = add(frame.expression(node.to)) if node.to is not None else None
    source = add(frame.expression(node.source)) if node.source is not None else None
    via = add(frame.expression(node.via)) if node.via is not None else None
    target = add(flow_arguments(frame, node.target))
    otherwise = add(flow_arguments(frame, node.otherwise)) if node.otherwise is not None else None

    def worked_out(name: str | None, namespace: dict[str, Any]) -> Value:
        try:
            return decimals.run(namespace[name], namespace[names.STRAND]) if name is not None else None
        except Fault as fault:
            fault.line = line
            raise

    def make(namespace: dict[str, Any]) -> CompiledRoute:
        return CompiledRoute(
            node,
            line,
            priority(node),
            worked_out(to, namespace),
            worked_out(source, namespace),
            worked_out(via, namespace),
            partial(decimals.run, namespace[when]) if when is not None else None,
            Target(unit.program.target(node.target).key, partial(decimals.run, namespace[target])),
            Target(unit.program.target(node.otherwise).key, partial(decimals.run, namespace[otherwise]))
            if node.otherwise is not None and otherwise is not None
            else None,
        )

    return make
