"""Making Python's syntax tree, in a few words a node. Locations are stamped on afterwards."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from .names import STRAND, primitive


def load(name: str) -> ast.Name:
    """A name that is read."""
    return ast.Name(name, ast.Load())


def const(value: Any) -> ast.Constant:
    """A constant of Python's: none, a boolean, an integer or a text."""
    return ast.Constant(value)


def call(function: str, *arguments: ast.expr, keywords: Sequence[tuple[str, ast.expr]] = ()) -> ast.Call:
    """A call of a name."""
    return ast.Call(load(function), list(arguments), [ast.keyword(name, value) for name, value in keywords])


def use(name: str, *arguments: ast.expr) -> ast.Call:
    """A call of one of our primitives or operators."""
    return call(primitive(name), *arguments)


def on_strand(name: str, *arguments: ast.expr) -> ast.Call:
    """A call of a primitive with the strand first."""
    return use(name, load(STRAND), *arguments)


def awaited(value: ast.expr) -> ast.Await:
    """`await value`."""
    return ast.Await(value)


def assign(name: str, value: ast.expr) -> ast.Assign:
    """`name = value`."""
    return ast.Assign([ast.Name(name, ast.Store())], value)


def statement(value: ast.expr) -> ast.Expr:
    """An expression for what it does."""
    return ast.Expr(value)


def raise_(value: ast.expr | None = None) -> ast.Raise:
    """`raise value`, or `raise`."""
    return ast.Raise(value, None)


def if_(test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt] | None = None) -> ast.If:
    """`if test: … else: …`."""
    return ast.If(test, then or [ast.Pass()], otherwise or [])


def not_(value: ast.expr) -> ast.UnaryOp:
    """`not value`."""
    return ast.UnaryOp(ast.Not(), value)


def is_not_none(name: str) -> ast.Compare:
    """`name is not None`."""
    return ast.Compare(load(name), [ast.IsNot()], [const(None)])


def tuple_(values: Iterable[ast.expr]) -> ast.Tuple:
    """A tuple that is read."""
    return ast.Tuple(list(values), ast.Load())


def parameters(names: Sequence[str], defaults: Sequence[ast.expr] = ()) -> ast.arguments:
    """The parameters of a function; `defaults` are those of the last ones."""
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, list(defaults))


def function(
    name: str, takes: ast.arguments, body: list[ast.stmt], *, is_async: bool
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """`def` or `async def`."""
    kind = ast.AsyncFunctionDef if is_async else ast.FunctionDef
    made = kind(name, takes, body or [ast.Pass()], [], None)
    if "type_params" in kind._fields:  # from Python 3.12
        made.type_params = []  # pyright: ignore[reportAttributeAccessIssue]
    return made


def lambda_(names: Sequence[str], value: ast.expr) -> ast.Lambda:
    """`lambda names: value`."""
    return ast.Lambda(parameters(names), value)


def stamp(nodes: Iterable[ast.AST], line: int, column: int) -> None:
    """Gives nodes that have none yet, and all below them, their place in the script."""
    todo = list(nodes)
    while todo:
        node: Any = todo.pop()
        if hasattr(node, "lineno"):
            continue
        if "lineno" in node._attributes:
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = column
        todo.extend(ast.iter_child_nodes(node))
