"""Parts: CPython nests no more than 20 blocks in a function, so what lies deeper is a function of its own
within it, called where it stands.

A part returns nothing where it ends by itself. An exit that leads out of it returns the number of that exit
with its value, and the function around carries the exit out.
"""

from __future__ import annotations

import ast as py

from flowlang.syntax import ast

from .exits import exit_to, return_from
from .frame import Frame
from .python import assign, awaited, call, const, function, if_, is_not_none, load, parameters

_DEEP = 12  # of CPython's 20; a loop with handlers, the most that one construct is made of, takes three
_HAS_BLOCKS = (
    ast.While, ast.For, ast.Loop, ast.Every, ast.If, ast.Match, ast.Try, ast.Within, ast.Parallel, ast.Race,
)  # fmt: skip


def is_deep(frame: Frame, node: ast.Block) -> bool:
    """Whether a block is to be a part."""
    return frame.nesting > _DEEP and any(isinstance(each, _HAS_BLOCKS) for each in node.statements)


def part(frame: Frame, inner: Frame, work: list[py.stmt]) -> list[py.stmt]:
    """What `inner` has written, called here, and the exits that lead out of it."""
    name, left = frame.unit.fresh("part"), frame.unit.fresh("left")
    frame.take_over(inner)
    definition = function(name, parameters(()), [*inner.prologue(), *work], is_async=frame.is_async)
    ended = awaited(call(name)) if frame.is_async else call(name)
    made: list[py.stmt] = [definition, assign(left, ended)]
    exits: list[py.stmt] = []
    for number, (kind, label) in enumerate(inner.exits):
        is_it = py.Compare(_item(left, 0), [py.Eq()], [const(number)])
        way_out = return_from(frame, _item(left, 1)) if kind == "RETURN" else exit_to(frame, kind, label)
        exits.append(if_(is_it, way_out))
    if exits:
        made.append(if_(is_not_none(left), exits))
    return made


def _item(name: str, index: int) -> py.expr:
    return py.Subscript(load(name), const(index), py.Load())
