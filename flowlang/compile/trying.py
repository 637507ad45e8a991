"""`try`, `catch` and `finally`: in flows by run-time blocks, in `func`s, which cannot wait, by Python's
own."""

from __future__ import annotations

import ast as py

from flowlang.syntax import ast

from .blocks import block, body, bracket_finally, closure
from .frame import Frame, Place
from .python import assign, load, use


def try_(frame: Frame, node: ast.Try) -> list[py.stmt]:
    """The whole statement."""
    if not frame.is_async:
        return _plain(frame, node)
    if node.final is None:
        return _try_catch(frame, node)
    name = frame.unit.fresh("B")
    frame.places.append(Place(block=name))
    with frame.inside(1):
        inside = _try_catch(frame, node)
    frame.places.pop()
    finally_, definition = closure(frame, "finally", (), node.final)
    return [definition, *bracket_finally(frame, inside, name, finally_)]


def _try_catch(frame: Frame, node: ast.Try) -> list[py.stmt]:
    if node.catch is None:
        return body(frame, node.body, Place())
    catch = node.catch
    return body(
        frame,
        node.body,
        Place(),
        dispatch=lambda left_by: _catch(frame, node.catch_name, catch, use("caught", load(left_by))),
        catches=True,
    )


def _catch(frame: Frame, name: str | None, node: ast.Block, fault: py.expr) -> list[py.stmt]:
    holds = frame.declare(name) if name is not None else frame.unit.fresh("caught")
    outer, frame.caught = frame.caught, holds
    made = [assign(holds, fault), *block(frame, node)]
    frame.caught = outer
    return made


def _plain(frame: Frame, node: ast.Try) -> list[py.stmt]:
    handlers: list[py.ExceptHandler] = []
    with frame.inside(3):
        work = block(frame, node.body)
        if node.catch is not None:
            fault = use("caught_fault", frame.meter(), load("x"))
            catch = _catch(frame, node.catch_name, node.catch, fault)
            handlers = [py.ExceptHandler(load("x_FAULTS"), "x", catch)]
        final = block(frame, node.final) if node.final is not None else []
    return [py.Try(work, handlers, [], final)]
