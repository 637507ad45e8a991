"""Builders of `if`, `match` with its patterns, and loops."""

from __future__ import annotations

from typing import Any

from flowlang.diagnostics import Span
from flowlang.syntax import ast

from .building import Building, Part, items, listed, whole
from .literals import duration, number
from .regexes import regex_parts


def if_(b: Building, c: list[Any]) -> ast.If:
    _if, condition, then, otherwise = c
    rest = otherwise.value if otherwise else None
    return b.chained(ast.If(whole(c), condition, then, rest), rest)


def otherwise(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), c[1])


def assignment_as_condition(b: Building, c: list[Any]) -> ast.Expression:
    left, sign, right = c
    b.report("E129", sign.span, "`=` gives a name its value", hint="write `==` to compare")
    return ast.Binary(whole(c), "==", left, right)


def match(_: Building, c: list[Any]) -> ast.Match:
    return ast.Match(whole(c), c[1], c[3] or ())


def arm(_: Building, c: list[Any]) -> ast.Arm:
    patterns, _as, binding, guard, _then, body = c
    block = body if isinstance(body, ast.Block) else ast.Block(body.span, (body,))
    return ast.Arm(
        whole(c), patterns.value, binding.text if binding else None, guard.value if guard else None, block
    )


def guard(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), c[1])


def patterns(_: Building, c: list[Any]) -> Part:
    found = items(c)
    return Part(Span(found[0].span[0], found[-1].span[1]), found)


def wildcard(_: Building, c: list[Any]) -> ast.Pattern:
    return ast.Wildcard(c[0].span)


def outcome_pattern(_: Building, c: list[Any]) -> ast.Pattern:
    return ast.OutcomePattern(c[0].span, c[0].text)


def literal_pattern(_: Building, c: list[Any]) -> ast.Pattern:
    return ast.LiteralPattern(c[0].span, c[0])


def negative_pattern(b: Building, c: list[Any]) -> ast.Pattern:
    span = whole(c)
    if c[1].kind == "NUMBER":
        value: Any = number(b, [c[1]])
        return ast.LiteralPattern(span, ast.Number(span, -value.value))
    value = duration(b, [c[1]])
    return ast.LiteralPattern(span, ast.DurationLiteral(span, -value.microseconds))


def regex_pattern(b: Building, c: list[Any]) -> ast.Pattern:
    pattern, flags = regex_parts(b, c[0])
    return ast.RegexPattern(c[0].span, pattern, flags)


def labelled(_: Building, c: list[Any]) -> Any:
    label, _colon, loop_form = c
    span = whole(c)
    if isinstance(loop_form, ast.While):
        return ast.While(span, label.text, loop_form.condition, loop_form.body)
    if isinstance(loop_form, ast.For):
        return ast.For(
            span, label.text, loop_form.name, loop_form.name_span, loop_form.iterable, loop_form.body
        )
    return ast.Loop(span, label.text, loop_form.limit, loop_form.body)


def while_(_: Building, c: list[Any]) -> ast.While:
    return ast.While(whole(c), None, c[1], c[2])


def for_(_: Building, c: list[Any]) -> ast.For:
    _for, name, _in, iterable, body = c
    return ast.For(whole(c), None, name.text, name.span, iterable, body)


def loop(_: Building, c: list[Any]) -> ast.Loop:
    _loop, limit, body = c
    return ast.Loop(whole(c), None, limit.value if limit else None, body)


def loop_limit(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), c[2])


def break_(_: Building, c: list[Any]) -> ast.Break:
    return ast.Break(whole(c), c[1].text if c[1] else None)


def continue_(_: Building, c: list[Any]) -> ast.Continue:
    return ast.Continue(whole(c), c[1].text if c[1] else None)


BUILDERS = {
    "if": if_,
    "otherwise": otherwise,
    "assignment_as_condition": assignment_as_condition,
    "match": match,
    "arms": listed,
    "arm": arm,
    "guard": guard,
    "patterns": patterns,
    "wildcard": wildcard,
    "outcome_pattern": outcome_pattern,
    "literal_pattern": literal_pattern,
    "negative_pattern": negative_pattern,
    "regex_pattern": regex_pattern,
    "labelled": labelled,
    "while": while_,
    "for": for_,
    "loop": loop,
    "loop_limit": loop_limit,
    "break": break_,
    "continue": continue_,
}
