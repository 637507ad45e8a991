"""Builders of blocks, calls, names, ends and time."""

from __future__ import annotations

from typing import Any

from flowlang.diagnostics import Span
from flowlang.syntax import ast

from .building import Building, Part, items, listed, whole

# What may not begin the first argument of a call without parentheses, besides `(` and `{`, which read
# otherwise.
_NOT_BARE = {"[": "a list", "-": "a minus", "/": "a regex"}


def block(_: Building, c: list[Any]) -> ast.Block:
    return ast.Block(whole(c), c[1] or ())


def dotted(b: Building, c: list[Any]) -> ast.Expression:
    first = c[0]
    value: Any = ast.Name(first.span, first.text)
    for name in c[1] if len(c) > 1 else ():
        value = b.chained(ast.Field(Span(first.span[0], name.span[1]), value, name.text, False), value)
    return value


def call_statement(_: Building, c: list[Any]) -> ast.CallStatement:
    callee, arguments, handlers = c
    span = whole(c)
    return ast.CallStatement(
        span, ast.Call(span, callee, arguments.value if arguments else (), handlers.value if handlers else ())
    )


def call_statement_with_parentheses(_: Building, c: list[Any]) -> ast.CallStatement:
    callee, _open, arguments, _close, handlers = c
    span = whole(c)
    return ast.CallStatement(
        span, ast.Call(span, callee, arguments or (), handlers.value if handlers else ())
    )


def start_statement(_: Building, c: list[Any]) -> ast.CallStatement:
    return ast.CallStatement(c[0].span, c[0])


def bare_arguments(_: Building, c: list[Any]) -> Part:
    arguments = items(c)
    return Part(Span(arguments[0].span[0], arguments[-1].span[1]), arguments)


def bare_positional(b: Building, c: list[Any]) -> ast.Argument:
    value = c[0]
    sign = b.text[value.span[0]]
    if sign in _NOT_BARE:
        b.report(
            "E124", Span(value.span[0], value.span[0] + 1),
            f"the parentheses of a call cannot be left out before {_NOT_BARE[sign]}",
            hint="put the arguments in parentheses",
        )  # fmt: skip
    return ast.Argument(value.span, None, value)


def handlers(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), c[1] or ())


def call_with_handlers(_: Building, c: list[Any]) -> ast.Expression:
    call, handled = c
    return ast.Call(whole(c), call.callee, call.arguments, handled.value)


def let(_: Building, c: list[Any]) -> ast.Let:
    secret, _let, name, _equal, value = c
    return ast.Let(whole(c), name.text, name.span, value, secret is not None)


def assign(b: Building, c: list[Any]) -> ast.Assign:
    name, _equal, value = c
    if isinstance(name, ast.Field):
        b.report(
            "E125", name.span, "values cannot be changed, only names are assigned",
            hint="build a new map: `m = {...m, name: value}`",
        )  # fmt: skip
        return ast.Assign(whole(c), name.name, name.span, value)
    return ast.Assign(whole(c), name.name, name.span, value)


def assign_keyword(_: Building, c: list[Any]) -> ast.Assign:
    return ast.Assign(whole(c), c[0].text, c[0].span, c[2])


def augmented(b: Building, c: list[Any]) -> ast.Assign:
    name, sign, value = c
    written = b.text[name.span[0] : name.span[1]]
    b.report(
        "E126", sign.span, f"there is no `{sign.text}`",
        hint=f"write `{written} = {written} {sign.text[:-1]} …`",
    )  # fmt: skip
    return ast.Assign(whole(c), name.name, name.span, value)


def return_(_: Building, c: list[Any]) -> ast.Return:
    return ast.Return(whole(c), c[1])


def stop(_: Building, c: list[Any]) -> ast.Stop:
    return ast.Stop(c[0].span)


def try_(b: Building, c: list[Any]) -> ast.Try:
    _try, body, catch, final = c
    if catch is None and final is None:
        b.report(
            "E127", c[0].span, "`try` has neither `catch` nor `finally`", expected=("`catch`", "`finally`")
        )
    name, caught = catch.value if catch else (None, None)
    return ast.Try(whole(c), body, name, caught, final.value if final else None)


def catch(_: Building, c: list[Any]) -> Part:
    _catch, name, body = c
    return Part(whole(c), (name.text if name else None, body))


def finally_(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), c[1])


def raise_(_: Building, c: list[Any]) -> ast.Raise:
    return ast.Raise(whole(c), c[1])


def wait(_: Building, c: list[Any]) -> ast.Wait:
    return ast.Wait(whole(c), c[1])


def wait_until(_: Building, c: list[Any]) -> ast.WaitUntil:
    return ast.WaitUntil(whole(c), c[2])


def wait_for_statement(_: Building, c: list[Any]) -> ast.WaitForStatement:
    return ast.WaitForStatement(c[0].span, c[0])


def within(_: Building, c: list[Any]) -> ast.Within:
    _within, length, body, otherwise = c
    return ast.Within(whole(c), length, body, otherwise.value if otherwise else None)


def within_else(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), c[1])


def every(_: Building, c: list[Any]) -> ast.Every:
    return ast.Every(whole(c), c[1], c[2])


def misplaced(b: Building, c: list[Any]) -> ast.Node:
    word = c[0]
    b.report(
        "E128", word.span, f"`{word.text}` must stand on the line of the `}}` before it",
        hint=f"write `}} {word.text}`",
    )  # fmt: skip
    body = c[-1]
    return body if isinstance(body, ast.If) else ast.If(whole(c), ast.Boolean(word.span, True), body, None)


BUILDERS = {
    "block": block,
    "statements": listed,
    "dotted": dotted,
    "call_statement": call_statement,
    "call_statement_with_parentheses": call_statement_with_parentheses,
    "start_statement": start_statement,
    "bare_arguments": bare_arguments,
    "bare_positional": bare_positional,
    "handlers": handlers,
    "on_list": listed,
    "call_with_handlers": call_with_handlers,
    "let": let,
    "assign": assign,
    "assign_keyword": assign_keyword,
    "augmented": augmented,
    "return": return_,
    "stop": stop,
    "try": try_,
    "catch": catch,
    "finally": finally_,
    "raise": raise_,
    "wait": wait,
    "wait_until": wait_until,
    "wait_for_statement": wait_for_statement,
    "within": within,
    "within_else": within_else,
    "every": every,
    "misplaced": misplaced,
}
