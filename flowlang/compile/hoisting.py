"""Hoisting: a handler or condition that needs nothing of the run of the flow that it is written in becomes a
function of the script. It is made once, and not by each activeflow that comes by.

It needs something of that run if it names what a function around it binds: a variable, a block, the strand.
"""

from __future__ import annotations

import ast as py
from collections.abc import Callable, Iterable
from typing import Any, cast

from .python import assign, load, stamp

_Function = py.FunctionDef | py.AsyncFunctionDef | py.Lambda


def hoisted(flow: py.stmt, fresh: Callable[[str], str]) -> list[py.stmt]:
    """The definition of a flow, places stamped on, behind the functions that were taken out of it."""
    assert isinstance(flow, py.AsyncFunctionDef)
    shared: list[py.stmt] = []
    _take_out(flow, frozenset(), shared, fresh)
    return [*shared, flow]


def _take_out(
    function: _Function, around: frozenset[str], shared: list[py.stmt], fresh: Callable[[str], str]
) -> None:
    bound = around | _names(function)[0]
    todo: list[py.AST] = [function]

    def look(node: Any) -> Any:
        """What stands where the node stood: for a lambda that was taken out its name, for a definition
        nothing."""
        if not isinstance(node, py.AST):
            return node
        if not isinstance(node, _Function):
            todo.append(node)
        elif _names(node)[1] & bound:
            _take_out(node, bound, shared, fresh)
        elif isinstance(node, py.Lambda):
            name = fresh("shared")
            made = assign(name, node)
            stamp([made], node.lineno, node.col_offset)
            shared.append(made)
            return py.copy_location(load(name), node)
        else:  # its own name is one that nothing else has
            shared.append(node)
            return None
        return node

    while todo:
        node = todo.pop()
        for field, value in py.iter_fields(node):
            if isinstance(value, list):
                value = cast("list[Any]", value)
                value[:] = [found for each in value if (found := look(each)) is not None or each is None]
            else:
                setattr(node, field, look(value))


def _names(function: _Function) -> tuple[frozenset[str], frozenset[str]]:
    """What a function binds, and what it takes from around it."""
    bound = {each.arg for each in function.args.args}
    used: set[str] = set()
    outer: set[str] = set()
    todo: list[py.AST] = list(_body(function))
    while todo:
        node = todo.pop()
        match node:
            case py.Name(id=name, ctx=py.Load()):
                used.add(name)
            case py.Name(id=name):
                bound.add(name)
            case py.Nonlocal(names=names):
                outer.update(names)
            case py.FunctionDef(name=name) | py.AsyncFunctionDef(name=name):
                bound.add(name)
                used |= _names(node)[1]
                continue
            case py.Lambda():
                used |= _names(node)[1]
                continue
            case py.ExceptHandler(name=str(name)):
                bound.add(name)
            case _:
                pass
        todo.extend(py.iter_child_nodes(node))
    bound -= outer
    return frozenset(bound), frozenset((used | outer) - bound)


def _body(function: _Function) -> Iterable[py.AST]:
    return [function.body] if isinstance(function, py.Lambda) else function.body
