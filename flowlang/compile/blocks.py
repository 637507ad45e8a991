"""Blocks: a list of statements, in brackets where the block exists at run time (see
`flowlang.core.leaving`)."""

from __future__ import annotations

import ast as py
from collections.abc import Callable

from flowlang.syntax import ast

from . import names
from .frame import Frame, Place
from .parts import is_deep, part
from .patterns import wants
from .python import (
    assign,
    awaited,
    const,
    function,
    if_,
    is_not_none,
    load,
    on_strand,
    parameters,
    raise_,
    stamp,
    statement,
)
from .straight import is_straight

Dispatch = Callable[[str], list[py.stmt]]
"""What happens when an exit was aimed at the block; given the Python variable that holds it."""


def block(frame: Frame, node: ast.Block) -> list[py.stmt]:
    """A block that nothing is aimed at."""
    return body(frame, node, Place())


def body(
    frame: Frame,
    node: ast.Block,
    place: Place,
    *,
    prologue: Callable[[str], list[py.stmt]] | None = None,
    dispatch: Dispatch | None = None,
    catches: bool = False,
) -> list[py.stmt]:
    """A block as `place`, bracketed if it exists at run time; `prologue` is given the Python variable of its
    block."""
    if frame.plan is None or not frame.plan.needed(node):
        frame.places.append(place)
        made = statements(frame, node)
        frame.places.pop()
        return made

    def inside(name: str) -> list[py.stmt]:
        return [*(prologue(name) if prologue is not None else []), *statements(frame, node)]

    made = bracket(frame, place, inside, dispatch, catches=catches)
    _stamp(frame, made, node)
    return made


def bracket(
    frame: Frame,
    place: Place,
    inside: Callable[[str], list[py.stmt]],
    dispatch: Dispatch | None,
    *,
    catches: bool = False,
) -> list[py.stmt]:
    """The statements of a block that exists at run time; see `flowlang.core.leaving` for their shape."""
    name = frame.unit.fresh("B")
    left_by = frame.unit.fresh("e")
    place.block = name
    frame.places.append(place)
    with frame.inside(1):
        work = inside(name)
    frame.places.pop()
    if place.owns:
        work.append(statement(awaited(on_strand("finish", load(name)))))
        left = awaited(on_strand("leave", load(name), load("x")))
    else:
        work.append(statement(on_strand("finish_alone", load(name))))
        left = on_strand("leave_alone", load(name), load("x"))
    made: list[py.stmt] = [assign(name, on_strand("enter", *([const(True)] if catches else [])))]
    if dispatch is None:
        made.append(_guarded(work, [statement(left)]))
        return made
    made += [assign(left_by, const(None)), _guarded(work, [assign(left_by, left)])]
    made.append(if_(is_not_none(left_by), dispatch(left_by)))
    return made


def bracket_finally(frame: Frame, inside: list[py.stmt], name: str, finally_: str) -> list[py.stmt]:
    """The statements of a `try` with a `finally`: its exit stays pending until the `finally` has run."""
    work = [*inside, statement(awaited(on_strand("finish", load(name))))]
    return [
        assign(name, on_strand("enter")),
        _guarded(work, [statement(awaited(on_strand("cease", load(name), load("x"))))]),
        statement(awaited(on_strand("run_finally", load(finally_)))),
    ]


def _guarded(work: list[py.stmt], leaving: list[py.stmt]) -> py.stmt:
    """`try`, with the clause first that lets a dropped coroutine go without running anything."""
    dropped = py.ExceptHandler(load("x_GeneratorExit"), None, [raise_()])
    left = py.ExceptHandler(load("x_BaseException"), "x", leaving)
    return py.Try(work, [dropped, left], [], [])


def statements(frame: Frame, node: ast.Block) -> list[py.stmt]:
    """All statements of a block, one after the other; as a part of their own where they lie deep."""
    inner = frame.part() if is_deep(frame, node) else frame
    made = frame.unit.covered(node)
    _stamp(frame, made, node)
    for each in node.statements:
        written = frame.unit.statement(inner, each)
        _stamp(frame, written, each)
        made += written
    if inner is not frame:
        made = part(frame, inner, made)
        _stamp(frame, made, node)
    return made or [py.Pass()]


def _stamp(frame: Frame, made: list[py.stmt], node: ast.Node) -> None:
    line, column = frame.unit.source.position(node.span.start)
    stamp(made, line, column)


def closure(
    frame: Frame,
    prefix: str,
    takes: tuple[str, ...],
    node: ast.Block,
    bound: str | None = None,
    *,
    handles: bool = False,
) -> tuple[str, py.stmt]:
    """A function within this one that runs a block: its name and its definition. A coroutine, but for a
    handler that runs straight through."""
    inner = frame.nested()
    if bound is not None:
        inner.declared.add(bound)
    work = block(inner, node)
    name = frame.unit.fresh(prefix)
    frame.take_over(inner)
    straight = handles and is_straight(work)
    made = function(name, parameters(takes), [*inner.prologue(), *work], is_async=not straight)
    _stamp(frame, [made], node)
    return name, made


def handler(frame: Frame, node: ast.On) -> list[py.stmt]:
    """`on`: the handler's function, and the call that makes it live."""
    event = names.variable(node.binding) if node.binding is not None else "_"
    name, definition = closure(frame, "on", (names.STRAND, event), node.body, node.binding, handles=True)
    live = on_strand(
        "on",
        load(frame.owner()),
        frame.unit.line(node),
        const(node.event),
        wants(frame, node.patterns, node.binding, node.guard),
        load(name),
        const(isinstance(definition, py.FunctionDef)),
    )
    return [definition, statement(live)]
