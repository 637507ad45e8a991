"""Statements, to Python's."""

from __future__ import annotations

import ast as py
from typing import assert_never

from flowlang.syntax import ast

from . import names
from .blocks import block, body, bracket, closure, handler
from .calls import flow_arguments, paid
from .conditions import condition
from .exits import exit_to, heed_signals, return_from
from .expressions import thunk
from .frame import Frame, Place
from .loops import every, for_, loop, while_
from .patterns import test
from .python import assign, awaited, const, if_, load, on_strand, raise_, tuple_, use
from .python import statement as does
from .trying import try_


def statement(frame: Frame, node: ast.Statement) -> list[py.stmt]:
    """The Python statements for one of the script's; the caller stamps them with its place."""
    match node:
        case ast.Let():
            return _store(frame, node.name, node.value, declares=True)
        case ast.Assign():
            return _store(frame, node.name, node.value, declares=False)
        case ast.CallStatement(call=ast.Call() as call) if call.handlers:
            return _with_handlers(frame, call, None)
        case ast.CallStatement():
            payment, made = paid(frame, lambda: frame.expression(node.call))
            return [*payment, does(made)]
        case ast.If():
            return _if(frame, node)
        case ast.Match():
            return _match(frame, node)
        case ast.While():
            return [*while_(frame, node), *heed_signals(frame)]
        case ast.For():
            return [*for_(frame, node), *heed_signals(frame)]
        case ast.Loop():
            return [*loop(frame, node), *heed_signals(frame)]
        case ast.Every():
            return [*every(frame, node), *heed_signals(frame)]
        case ast.Break():
            return exit_to(frame, "BREAK", node.label)
        case ast.Continue():
            return exit_to(frame, "CONTINUE", node.label)
        case ast.Return():
            return _return(frame, node)
        case ast.Stop():
            return [raise_(on_strand("stop"))]
        case ast.Handoff():
            key = const(frame.unit.program.target(node.target).key)
            arguments = flow_arguments(frame, node.target)
            return [raise_(on_strand("handoff", frame.unit.line(node), key, arguments))]
        case ast.Try():
            return try_(frame, node)
        case ast.Raise():
            return _raise(frame, node)
        case ast.Within():
            return _within(frame, node)
        case ast.On():
            return handler(frame, node)
        case ast.Stream():
            return _stream(frame, node)
        case ast.Parallel() | ast.Race():
            return _together(frame, node)
        case _:
            return [does(_simple(frame, node))]


_Simple = ast.Wait | ast.WaitUntil | ast.WaitForStatement | ast.Emit | ast.Join | ast.Cancel


def _simple(frame: Frame, node: _Simple) -> py.expr:
    """Statements that are one call of a primitive."""
    line = frame.unit.line(node)
    match node:
        case ast.Wait():
            return awaited(on_strand("wait", line, frame.expression(node.duration)))
        case ast.WaitUntil():
            return awaited(on_strand("wait_until", line, thunk(frame, node.condition)))
        case ast.WaitForStatement():
            return frame.expression(node.wait)
        case ast.Emit():
            data = frame.expression(node.data) if node.data is not None else const(None)
            return on_strand("emit", line, const(node.event), data)
        case ast.Join():
            return awaited(on_strand("join", load(names.stream(node.name))))
        case ast.Cancel():
            return awaited(on_strand("cancel", load(names.stream(node.name))))
        case _:
            assert_never(node)


def _store(frame: Frame, name: str, value: ast.Expression, *, declares: bool) -> list[py.stmt]:
    """`let x = …` and `x = …`. In an assignment what acts goes first, so that names are read afterwards."""
    if isinstance(value, ast.Call) and value.handlers:
        return [*_with_handlers(frame, value, frame.declare(name) if declares else frame.store(name))]
    if declares:
        payment, made = paid(frame, lambda: frame.expression(value))
        return [*payment, assign(frame.declare(name), made)]
    frame.hoisted = []
    payment, made = paid(frame, lambda: frame.expression(value))
    first, frame.hoisted = frame.hoisted, None
    return [*payment, *first, assign(frame.store(name), made)]


def _with_handlers(frame: Frame, node: ast.Call, result: str | None) -> list[py.stmt]:
    """A call with `on`s of its own: they live as long as it does, and a `break` in one cancels it."""
    place = Place(is_action=True)
    result = result or frame.unit.fresh("r")

    def inside(_: str) -> list[py.stmt]:
        made = [each for on in node.handlers for each in frame.statement(on)]
        return [*made, assign(result, frame.expression(ast.Call(node.span, node.callee, node.arguments)))]

    return bracket(frame, place, inside, lambda _: [assign(result, use("cancelled"))])


def _if(frame: Frame, node: ast.If) -> list[py.stmt]:
    """A chain of `else if` is written from its end, so that its length costs no depth here."""
    chain: list[ast.If] = [node]
    while isinstance(chain[-1].otherwise, ast.If):
        chain.append(chain[-1].otherwise)
    otherwise = chain[-1].otherwise
    assert not isinstance(otherwise, ast.If)
    made = block(frame, otherwise) if otherwise is not None else frame.unit.covered(chain[-1])
    for each in reversed(chain):
        payment, test = paid(frame, lambda: condition(frame, each.condition))  # noqa: B023 (called at once)
        made = [*payment, if_(test, block(frame, each.then), made)]
    return made


def _match(frame: Frame, node: ast.Match) -> list[py.stmt]:
    """Arm after arm on one level, however many: each is tried while none has fitted."""
    subject = frame.unit.fresh("m")
    looking = frame.unit.fresh("w")
    made: list[py.stmt] = [assign(subject, frame.expression(node.subject)), assign(looking, const(True))]
    for arm in node.arms:
        fits = py.BoolOp(py.And(), [load(looking), test(frame, arm.patterns, subject)])
        work: list[py.stmt] = [assign(looking, const(False)), *block(frame, arm.body)]
        if arm.guard is not None:
            work = [if_(condition(frame, arm.guard), work)]
        if arm.binding is not None:
            work = [assign(frame.declare(arm.binding), load(subject)), *work]
        made.append(if_(fits, work))
    return made


def _return(frame: Frame, node: ast.Return) -> list[py.stmt]:
    made: list[py.stmt] = []
    value = node.value
    if isinstance(value, ast.Call) and value.handlers:
        result = frame.unit.fresh("r")
        made = _with_handlers(frame, value, result)
        given: py.expr = load(result)
    else:
        made, given = paid(frame, lambda: frame.expression(value) if value is not None else const(None))
    declared = next(place.outcomes for place in frame.places if place.is_flow)
    if declared and (value is None or frame.unit.program.outcome(value) is None):
        given = use("one_of", given, tuple_(const(each) for each in declared))
    return [*made, *return_from(frame, given)]


def _raise(frame: Frame, node: ast.Raise) -> list[py.stmt]:
    if node.value is not None:
        return [raise_(use("raised", frame.expression(node.value)))]
    assert frame.caught is not None
    return [raise_(use("raised", load(frame.caught)))]


def _within(frame: Frame, node: ast.Within) -> list[py.stmt]:
    limit = frame.unit.fresh("d")
    otherwise = node.otherwise
    return [
        assign(limit, frame.expression(node.duration)),
        *body(
            frame,
            node.body,
            Place(),
            prologue=lambda name: [does(on_strand("within", load(name), load(limit)))],
            dispatch=lambda _: block(frame, otherwise) if otherwise is not None else [],
        ),
    ]


def _stream(frame: Frame, node: ast.Stream) -> list[py.stmt]:
    definition, begun = _begin_stream(frame, node)
    if node.name is None:
        return [definition, does(begun)]
    return [definition, assign(names.stream(node.name), begun)]


def _begin_stream(frame: Frame, node: ast.Stream) -> tuple[py.stmt, py.expr]:
    line = frame.unit.source.position(node.span.start).line
    name, definition = closure(frame, "stream", (names.STRAND,), node.body)
    title = f"stream {node.name}" if node.name is not None else f"stream, line {line}"
    begun = on_strand("stream", load(frame.owner()), frame.unit.line(node), const(title), load(name))
    return definition, begun


def _together(frame: Frame, node: ast.Parallel | ast.Race) -> list[py.stmt]:
    """`parallel` and `race`: a block of streams, and what is waited for."""

    def inside(_: str) -> list[py.stmt]:
        begun = [_begin_stream(frame, each) for each in node.streams]
        streams = frame.unit.fresh("s")
        wait = "join_all" if isinstance(node, ast.Parallel) else "join_first"
        return [
            *(definition for definition, _ in begun),
            assign(streams, tuple_(stream for _, stream in begun)),
            does(awaited(on_strand(wait, load(streams)))),
        ]

    return bracket(frame, Place(), inside, None)
