"""Values that a statement itself takes: how long to wait, how often to go round, what to go through."""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.analysis.literals import literal_value
from flowlang.analysis.script import Script
from flowlang.analysis.types import described
from flowlang.model.values import Duration
from flowlang.syntax import ast

_Wanted = tuple[str, ast.Expression, tuple[str, ...], tuple[str, ...]]
_DURATION = ("duration",), ("a duration, as in `5s`",)


def check(script: Script) -> None:
    """Every statement whose value is surely of a wrong type."""
    for body in script.bodies:
        for node in body.nodes:
            for what, value, wanted, expected in _values(node):
                known = script.types.get(id(value))
                if known is None or known in wanted:
                    continue
                message = f"{what} cannot be {described(known)}"
                script.report.add("E305", value.span, message, expected=expected)
            if isinstance(node, ast.Every):
                _period(script, node.duration)


def _period(script: Script, node: ast.Expression) -> None:
    """Rounds with no time between them are not a clock."""
    value = literal_value(node, script.values)
    if isinstance(value, Duration) and value.microseconds <= 0:
        script.report.add("E312", node.span, "what `every` takes is longer than 0s")


def _values(node: ast.Node) -> Iterator[_Wanted]:
    match node:
        case ast.Wait():
            yield "what `wait` takes", node.duration, *_DURATION
        case ast.Within():
            yield "what `within` takes", node.duration, *_DURATION
        case ast.Every():
            yield "what `every` takes", node.duration, *_DURATION
        case ast.WaitFor(within=within) if within is not None:
            yield "what `within` takes", within, *_DURATION
        case ast.WaitUntil():
            yield "what `wait until` takes", node.condition, ("time", "boolean"), ("a time", "a condition")
        case ast.For():
            yield "what `for` goes through", node.iterable, ("list", "map"), ("a list", "a map")
        case ast.Loop(limit=limit) if limit is not None:
            yield "what `up to` takes", limit, ("integer",), ("an integer",)
        case ast.Spread():
            yield "what `...` spreads", node.value, ("list", "map"), ("a list", "a map")
        case ast.Index():
            yield (
                "what is indexed",
                node.value,
                ("list", "map", "text"),
                ("a list", "a map", "a text"),
            )
        case _:
            pass
