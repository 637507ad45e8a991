"""`same_tree`: whether two texts mean the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from flowlang.syntax import ast


def same_tree(one: ast.Module, other: ast.Module) -> bool:
    """Whether two scripts differ in nothing but where things stand and how they are spelled. Docs count."""
    todo: list[tuple[Any, Any]] = [(one.doc, other.doc), (one.declarations, other.declarations)]
    while todo:
        left, right = todo.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, ast.Node):
            todo.extend((getattr(left, name), getattr(right, name)) for name in _parts(left))
        elif isinstance(left, tuple):
            if len(left) != len(right):  # pyright: ignore[reportUnknownArgumentType]
                return False
            todo.extend(zip(left, right, strict=True))  # pyright: ignore[reportUnknownArgumentType]
        elif left != right:
            return False
    return True


def _parts(node: ast.Node) -> Iterator[str]:
    return (each.name for each in fields(node) if not each.name.endswith("span"))
