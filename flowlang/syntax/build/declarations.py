"""Builders of what stands at the top of a script."""

from __future__ import annotations

from typing import Any, get_args

from flowlang.diagnostics import Span, near_name
from flowlang.syntax import ast
from flowlang.syntax.ast.declarations import Channel

from .building import Building, Part, items, listed, whole
from .docs import doc_above, doc_at_top
from .literals import text_value

_CHANNELS: tuple[str, ...] = get_args(Channel)
_PRIORITIES = range(100)


def module(b: Building, c: list[Any]) -> ast.Module:
    declarations = c[0] or ()
    return ast.Module(b.source, doc_at_top(b.text, declarations), declarations)


def use(b: Building, c: list[Any]) -> ast.Use:
    _use, path, _as, alias = c
    return ast.Use(whole(c), text_value(b, path), alias.text if alias else None)


def const(b: Building, c: list[Any]) -> ast.Const:
    word, name, _equal, value = c
    return ast.Const(whole(c), name.text, name.span, value, doc_above(b.text, word.span[0]))


def route(b: Building, c: list[Any]) -> ast.Route:
    _route, first, second, clauses, _then, target, _else, otherwise = c
    found: dict[str, Any] = {}
    for keyword, value in clauses.value if clauses else ():
        if keyword.text in found:
            b.report("E121", keyword.span, f"`{keyword.text}` stands twice in this route")
        found[keyword.text] = value
    return ast.Route(
        whole(c),
        _channel(b, first, second),
        found.get("to"),
        found.get("from"),
        found.get("via"),
        found.get("when"),
        _priority(b, found.get("priority")),
        target,
        otherwise,
    )


def _channel(b: Building, first: Any, second: Any) -> Any:
    written = f"{first.text} {second.text}" if second else first.text
    if written in _CHANNELS:
        return written
    b.report(
        "E122", Span(first.span[0], (second or first).span[1]), f"`{written}` is not a channel",
        expected=tuple(f"`{each}`" for each in _CHANNELS), near=near_name(written, _CHANNELS),
    )  # fmt: skip
    return "call"


def _priority(b: Building, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, ast.Number) and value.value in _PRIORITIES:
        return int(value.value)
    b.report("E123", value.span, "a route's priority is a whole number from 0 to 99")
    return None


def route_clauses(_: Building, c: list[Any]) -> Part:
    return Part(Span(c[0][0].span[0], c[0][-1].span[1]), [each.value for each in c[0]])


def route_clause(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), (c[0], c[1]))


def target(_: Building, c: list[Any]) -> ast.FlowTarget:
    first, _dot, second, arguments = c
    module_name, name = (first.text, second.text) if second else (None, first.text)
    return ast.FlowTarget(whole(c), module_name, name, arguments.value if arguments else ())


def in_brackets(_: Building, c: list[Any]) -> Part:
    """Arguments or parameters with their brackets."""
    return Part(whole(c), c[1] or ())


def flow(b: Building, c: list[Any]) -> ast.FlowDecl:
    word, name, params, _gives, outcomes, body = c
    return ast.FlowDecl(
        whole(c),
        name.text,
        name.span,
        params.value if params else (),
        outcomes.value if outcomes else (),
        body,
        doc_above(b.text, word.span[0]),
    )


def outcomes(_: Building, c: list[Any]) -> Part:
    names = items(c)
    return Part(Span(names[0].span[0], names[-1].span[1]), tuple(each.text for each in names))


def func(b: Building, c: list[Any]) -> ast.FuncDecl:
    word, name, _open, params, _close, body = c
    return ast.FuncDecl(whole(c), name.text, name.span, params or (), body, doc_above(b.text, word.span[0]))


def func_body(_: Building, c: list[Any]) -> Any:
    return c[1]


def param(_: Building, c: list[Any]) -> ast.Param:
    return ast.Param(whole(c), c[0].text, c[2])


def policy(_: Building, c: list[Any]) -> ast.PolicyDecl:
    return ast.PolicyDecl(whole(c), c[2] or ())


def policy_rule(_: Building, c: list[Any]) -> ast.PolicyRule:
    kind, subject, values = c
    return ast.PolicyRule(whole(c), kind.text, subject.text, values.value)


def policy_values(_: Building, c: list[Any]) -> Part:
    values = items(c)
    return Part(Span(values[0].span[0], values[-1].span[1]), values)


def test(b: Building, c: list[Any]) -> ast.TestDecl:
    _test, title, _open, statements, _close = c
    return ast.TestDecl(whole(c), text_value(b, title), statements or ())


BUILDERS = {
    "module": module,
    "declarations": listed,
    "use": use,
    "const": const,
    "route": route,
    "route_clauses": route_clauses,
    "route_clause": route_clause,
    "target": target,
    "target_arguments": in_brackets,
    "flow": flow,
    "flow_params": in_brackets,
    "outcomes": outcomes,
    "func": func,
    "func_body": func_body,
    "params": listed,
    "param": param,
    "policy": policy,
    "policy_rules": listed,
    "policy_rule": policy_rule,
    "policy_values": policy_values,
    "test": test,
}
