"""Handlers that run straight through: they wait for nothing, leave nothing and begin nothing. Most only keep
what came in a variable. One needs no strand of its own, and no coroutine, if nothing else runs before it.
"""

from __future__ import annotations

import ast as py
from collections.abc import Iterable

from . import names
from .names import primitive

_OF_THE_ACTIVEFLOW = frozenset(map(primitive, ("now", "elapsed", "random", "predefined")))
"""Primitives that give the same on every strand."""


def is_straight(work: Iterable[py.stmt]) -> bool:
    """Whether the statements of a handler await nothing and ask nothing of their strand but what is the same
    on every one."""
    todo: list[py.AST] = list(work)
    while todo:
        node = todo.pop()
        match node:
            case py.Await() | py.Name(id=names.STRAND):
                return False
            case py.Attribute(value=py.Name(id=names.STRAND), attr="meter"):
                continue
            case py.Call(py.Name(name), [py.Name(id=names.STRAND), *others]) if name in _OF_THE_ACTIVEFLOW:
                todo += others
            case _:
                todo.extend(py.iter_child_nodes(node))
    return True
