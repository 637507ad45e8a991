"""Loops. Each pays for its rounds in pieces, before it goes round: few at first, so that a short loop costs
little, then up to some thousands. After a piece other activeflows may run.

CPython 3.11 makes a loop fast only behind a backward jump of a `for`, which is why a `while` is written as
`while True: for _ in repeat(None, n): …`.
"""

from __future__ import annotations

import ast as py

from flowlang.syntax import ast

from .blocks import body
from .calls import paid
from .conditions import condition
from .frame import Frame, Place
from .python import assign, awaited, const, if_, load, not_, on_strand, statement, use
from .runtime.steps import FEW_ROUNDS


def while_(frame: Frame, node: ast.While) -> list[py.stmt]:
    """`while condition { }`."""
    payment, test = paid(frame, lambda: condition(frame, node.condition))
    leave = if_(not_(test), [py.Break()])
    return _counted(frame, frame.unit.cost(node), [*payment, leave, *_round(frame, node.body, node.label)])


def loop(frame: Frame, node: ast.Loop) -> list[py.stmt]:
    """`loop { }` and `loop up to N { }`."""
    work = _round(frame, node.body, node.label)
    if node.limit is None:
        return _counted(frame, frame.unit.cost(node), work)
    left = frame.unit.fresh("n")
    stop = if_(py.Compare(load(left), [py.LtE()], [const(0)]), [py.Break()])
    count = py.AugAssign(py.Name(left, py.Store()), py.Sub(), const(1))
    counted = _counted(frame, frame.unit.cost(node), [stop, count, *work])
    return [assign(left, use("up_to", frame.expression(node.limit))), *counted]


def _counted(frame: Frame, cost: int, work: list[py.stmt]) -> list[py.stmt]:
    size = frame.unit.fresh("n")
    more = assign(size, use("more_rounds", load(size), const(cost)))
    rounds = use("rounds", frame.meter(), load(size), const(cost))
    pieces = py.For(py.Name("_", py.Store()), rounds, work, [*_tick(frame), more, py.Continue()])
    return [assign(size, const(FEW_ROUNDS)), py.While(const(True), [pieces, py.Break()], [])]


def _tick(frame: Frame) -> list[py.stmt]:
    return [statement(awaited(on_strand("tick")))] if frame.is_async else []


def for_(frame: Frame, node: ast.For) -> list[py.stmt]:
    """`for x in xs { }`."""
    piece = frame.unit.fresh("p")
    items = use("chunks", frame.meter(), frame.expression(node.iterable), const(frame.unit.cost(node.body)))
    target = py.Name(frame.declare(node.name), py.Store())
    work = _round(frame, node.body, node.label)
    inner = py.For(target, load(piece), work, [*_tick(frame), py.Continue()])
    return [py.For(py.Name(piece, py.Store()), items, [inner, py.Break()], [])]


def every(frame: Frame, node: ast.Every) -> list[py.stmt]:
    """`every D { }`."""
    ticks = frame.unit.fresh("ticks")
    line = frame.unit.source.position(node.span.start).line
    tick = statement(awaited(py.Call(py.Attribute(load(ticks), "tick", py.Load()), [], [])))
    return [
        assign(ticks, on_strand("Ticks", const(line), frame.expression(node.duration))),
        py.While(const(True), [tick, *_round(frame, node.body, None)], []),
    ]


def _round(frame: Frame, node: ast.Block, label: str | None) -> list[py.stmt]:
    """One round. A `break` or `continue` from elsewhere is aimed at it; after a `continue` the next one
    begins."""
    with frame.inside(2):
        return body(
            frame,
            node,
            Place(label=label, is_loop=True),
            dispatch=lambda left_by: [if_(use("is_break", load(left_by)), [py.Break()])],
        )
