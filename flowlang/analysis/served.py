"""The names that a script has of the operator's things, held against those that `flow.toml` gives.

- E408: an action names a data base or a service that there is not, so that it would fail each time.
- W602: a route is for what nothing brings: another webhook, schedule or chat than there are, a mail address
  that no section takes, a channel that no section serves, a way (`via`) by which no call comes.

Only what the text tells: literals and constants, also in lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from flowlang.diagnostics import Diagnostic, Span, near_name
from flowlang.model.action import Names
from flowlang.model.addresses import SCHEMES, matches
from flowlang.syntax import ast

from .literals import literal_value
from .own_calls import own_calls
from .program import Program

_NAMED = {"sql": ("connection", "data base"), "notify": ("to", "service")}
"""The outlets whose commands name something: the parameter that does, and what that is."""
_BROUGHT = {
    "webhook": ("webhooks", "webhook"),
    "schedule": ("schedules", "schedule"),
    "chat": ("chats", "chat"),
    "email": ("e-mails", "e-mail address"),
    "sms": ("text messages", "number"),
}
"""By channel what a backend takes in, and what `to` of a route is."""
_MOST_SHOWN = 6


def unnamed(program: Program, names: Names) -> Iterator[Diagnostic]:
    """E408, of all that actions name."""
    for call in own_calls(program):
        outlet = call.action.sends or ""
        known = names.get(outlet)
        if outlet not in _NAMED or known is None:
            continue
        name, what = _NAMED[outlet]
        given = call.given(name)
        parameter = call.action.parameter(name)
        left_out = parameter.default if parameter is not None else None
        value = left_out if given is None else literal_value(given, call.module.values)
        if isinstance(value, str) and value not in known:
            span = call.node.span if given is None else given.span
            message = f"`flow.toml` names no {what} {_shown(value)}"
            near = near_name(value, known)
            yield Diagnostic(
                "E408", call.module.module.source, span, message, () if near else _listed(known), near
            )


def unserved(program: Program, names: Names) -> Iterator[Diagnostic]:
    """W602, of all routes."""
    for route in program.routes:
        if route.via is not None and (ways := names.get("via")) is not None:
            for value, span in _texts(program, route.via):
                if value not in ways:
                    yield _warning(program, span, f"no call comes by {_shown(value)}", value, ways)
        if route.channel not in _BROUGHT:
            continue
        if route.channel not in names:
            span = route.target.span if route.to is None else route.to.span
            yield _warning(program, span, f"no section of `flow.toml` takes {_BROUGHT[route.channel][0]} in")
            continue
        served = names[route.channel]
        if served is None or route.to is None:
            continue
        for value, span in _texts(program, route.to):
            if not any(_may_come(each, value) for each in served):
                message = f"no section of `flow.toml` has the {_BROUGHT[route.channel][1]} {_shown(value)}"
                yield _warning(program, span, message, value, _as_written(served, value))


def _texts(program: Program, node: ast.Expression) -> Iterator[tuple[str, Span]]:
    for item in node.items if isinstance(node, ast.ListLiteral) else (node,):
        value = literal_value(item.value if isinstance(item, ast.Spread) else item, program.values)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str):
                yield each, item.span


def _may_come(served: str, wanted: str) -> bool:
    """Whether something to an address that is served may be one that a route wants."""
    if "*" not in served:
        return matches(wanted, served)
    # A domain with any user: a route may want a part of either with `*` and `?`.
    _, at, domain = wanted.rpartition("@")
    return not at or fnmatchcase(served.rpartition("@")[2].lower(), domain.lower())


def _as_written(served: frozenset[str], wanted: str) -> frozenset[str]:
    """What is served as who wrote `wanted` would write it."""
    user = wanted.rpartition("@")[0].partition(":")[2] or "*"
    plain = wanted.partition(":")[0] not in SCHEMES
    named = (each.partition(":")[2] if plain and each.startswith("chat:") else each for each in served)
    return frozenset(each.replace("*", user) for each in named)


def _warning(
    program: Program, span: Span, message: str, value: str = "", known: frozenset[str] = frozenset()
) -> Diagnostic:
    near = near_name(value, known)
    expected = () if near else _listed(known)
    return Diagnostic("W602", program.module.source, span, message, expected, near)


def _listed(known: frozenset[str]) -> tuple[str, ...]:
    return tuple(f"`{each}`" for each in sorted(known)[:_MOST_SHOWN])


def _shown(value: str) -> str:
    return f"`{value}`" if 0 < len(value) <= 60 and value.isprintable() else "of this name"
