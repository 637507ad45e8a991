"""Routes: addresses that are addresses, and no route that another one hides."""

from __future__ import annotations

from flowlang.analysis.addresses import fault_of
from flowlang.analysis.literals import UNKNOWN, literal_value
from flowlang.analysis.script import Script
from flowlang.analysis.types import described
from flowlang.diagnostics import Span
from flowlang.model.values import Value, type_name
from flowlang.syntax import ast

DEFAULT_PRIORITY = 50

_NAMED = frozenset({"webhook", "schedule"})
"""Channels where `to` is a path or a time table, and no address of somebody."""


def check(script: Script) -> None:
    """All routes, in the order written."""
    unconditional: dict[tuple[object, ...], ast.Route] = {}
    for route in sorted(script.routes, key=priority, reverse=True):
        for clause in (route.to, route.source, route.via):
            if clause is not None:
                _address(script, clause, is_address=clause is not route.via and route.channel not in _NAMED)
        _hidden(script, route, unconditional)


def priority(route: ast.Route) -> int:
    """A route's priority, also where it does not say one."""
    return DEFAULT_PRIORITY if route.priority is None else route.priority


def _address(script: Script, clause: ast.Expression, *, is_address: bool) -> None:
    value = literal_value(clause, script.values)
    known = script.types.get(id(clause))
    expected = ("a text", "a list of texts")
    if known is not None and known not in ("text", "list"):
        script.report.add("E305", clause.span, f"an address cannot be {described(known)}", expected=expected)
        return
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(value, tuple) and not isinstance(each, str):
            message = f"an address in a list cannot be {type_name(each)}"
            script.report.add("E305", clause.span, message, expected=("a text",))
        elif isinstance(each, str) and is_address and (fault := fault_of(each)) is not None:
            script.report.add("E603", clause.span, f"{_shown(each)} is no address", hint=fault)


def _shown(value: str) -> str:
    return f"`{value}`" if len(value) <= 60 and value.isprintable() and value else "this"


def _hidden(script: Script, route: ast.Route, unconditional: dict[tuple[object, ...], ast.Route]) -> None:
    """A route with the same clauses as a better one that has no condition is never taken."""
    clauses: list[Value] = []
    for clause in (route.to, route.source, route.via):
        value = None if clause is None else literal_value(clause, script.values)
        if value is UNKNOWN:
            return
        clauses.append(value)
    key = (route.channel, *map(repr, clauses))
    better = unconditional.get(key)
    if better is not None:
        line = script.report.line(better.span)
        span = Span(route.span.start, route.target.span.start)
        script.report.add(
            "W601", _trimmed(script, span), f"the route on line {line} takes all that this one would"
        )
    elif route.when is None:
        unconditional[key] = route


def _trimmed(script: Script, span: Span) -> Span:
    text = script.report.source[span].rstrip().removesuffix("=>").rstrip()
    return Span(span.start, span.start + max(1, len(text)))
