"""Builders of expressions; literals are in `literals.py`."""

from __future__ import annotations

from typing import Any

from flowlang.diagnostics import Span
from flowlang.syntax import ast

from .building import Building, Part, listed, whole


def logical(b: Building, c: list[Any]) -> ast.Expression:
    left, sign, right = c
    word = "and" if sign.kind in ("AND", "WRONG_AND") else "or"
    if sign.text != word:
        b.report("E110", sign.span, f"`{sign.text}` is not an operator", hint=f"write `{word}`")
    return b.chained(ast.Logical(Span(left.span[0], right.span[1]), word, left, right), left)


def unary(b: Building, c: list[Any]) -> ast.Expression:
    sign, operand = c
    if sign.kind == "MINUS":
        b.wants_minus.discard(operand.span)
        return b.chained(ast.Unary(Span(sign.span[0], operand.span[1]), "-", operand), operand)
    if sign.kind == "WRONG_NOT":
        b.report("E110", sign.span, "`!` is not an operator", hint="write `not`")
    return b.chained(ast.Unary(Span(sign.span[0], operand.span[1]), "not", operand), operand)


def binary(b: Building, c: list[Any]) -> ast.Expression:
    left, sign, right = c
    if sign.text == "+" and b.text[sign.span[1] : sign.span[1] + 1].isdigit():
        b.report(
            "E118", Span(sign.span[0], right.span[1]), "a `+` before a digit begins a phone number",
            hint="put a space after the `+` to add",
        )  # fmt: skip
    return b.chained(ast.Binary(Span(left.span[0], right.span[1]), sign.text, left, right), left)


def not_in(_: Building, c: list[Any]) -> Any:
    return c[0]._replace(text="not in", span=Span(c[0].span[0], c[1].span[1]))


def comparison_tail(_: Building, c: list[Any]) -> Part:
    more: list[Any] = c[0]
    return Part(Span(more[0].span[0], more[-1].span[1]), more)


def chained(b: Building, c: list[Any]) -> ast.Expression:
    left, sign, right, tail = c
    first = tail.value[0]
    b.report(
        "E111", first.span, f"comparisons do not chain: `{first.text}` follows a comparison",
        hint="write `a < b and b < c`, or put one comparison in brackets",
    )  # fmt: skip
    return ast.Binary(Span(left.span[0], right.span[1]), sign.text, left, right)


def field(b: Building, c: list[Any]) -> ast.Expression:
    value, _dot, name = c
    return b.chained(ast.Field(Span(value.span[0], name.span[1]), value, name.text, False), value)


def optional_field(b: Building, c: list[Any]) -> ast.Expression:
    value, _dot, name = c
    return b.chained(ast.Field(Span(value.span[0], name.span[1]), value, name.text, True), value)


def index(b: Building, c: list[Any]) -> ast.Expression:
    value, _open, at, close = c
    return b.chained(ast.Index(Span(value.span[0], close.span[1]), value, at), value)


def call(b: Building, c: list[Any]) -> ast.Expression:
    callee, _open, arguments, close = c
    if not isinstance(callee, ast.Name | ast.Field):
        b.report("E119", callee.span, "only a name can be called", expected=("a name before `(`",))
        callee = ast.Name(callee.span, "_")
    return b.chained(ast.Call(Span(callee.span[0], close.span[1]), callee, arguments or ()), callee)


def name(_: Building, c: list[Any]) -> ast.Expression:
    token = c[0]
    return ast.Name(token[2], token[1])


def parenthesised(_: Building, c: list[Any]) -> ast.Expression:
    """The node inside; its span takes the brackets in."""
    node: Any = c[1]
    return type(node)(whole(c), *[getattr(node, each) for each in node.__match_args__[1:]])


def named_argument(_: Building, c: list[Any]) -> ast.Argument:
    word, _colon, value = c
    return ast.Argument(Span(word.span[0], value.span[1]), word.text, value)


def positional_argument(_: Building, c: list[Any]) -> ast.Argument:
    return ast.Argument(c[0].span, None, c[0])


def start(_: Building, c: list[Any]) -> ast.Expression:
    return ast.Start(whole(c), c[1])


def wait_for(_: Building, c: list[Any]) -> ast.Expression:
    _wait, _for, event, patterns, _within, within = c
    return ast.WaitFor(whole(c), event.text, patterns.value if patterns else (), within)


BUILDERS = {
    "logical": logical,
    "unary": unary,
    "binary": binary,
    "not_in": not_in,
    "comparison_tail": comparison_tail,
    "chained": chained,
    "field": field,
    "optional_field": optional_field,
    "index": index,
    "call": call,
    "name": name,
    "parenthesised": parenthesised,
    "named_argument": named_argument,
    "positional_argument": positional_argument,
    "arguments": listed,
    "start": start,
    "wait_for": wait_for,
}
