"""Statements of `test` blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowlang.syntax import ast
from flowlang.syntax.ast import tests as nodes

from .expressions import expression
from .formatting import Formatting
from .layout import Doc, concat


def test_statement(f: Formatting, node: Any) -> Doc:
    """A statement of a test."""
    return _STATEMENTS[type(node)](f, node)


def _let(f: Formatting, node: nodes.TestLet) -> Doc:
    value = node.value
    given = _expect_dial(f, value) if isinstance(value, nodes.ExpectDial) else expression(f, value)
    return concat(f"let {node.name} = ", given)


def _call(f: Formatting, node: ast.CallStatement) -> Doc:
    return expression(f, node.call)


def _act(f: Formatting, node: nodes.Act) -> Doc:
    done = f"{node.party} {node.verb}"
    return done if node.value is None else concat(done, " ", expression(f, node.value))


def _expect_dial(f: Formatting, node: nodes.ExpectDial) -> Doc:
    words = "expect call to " if node.word == "call" else "expect dial "
    return concat(words, expression(f, node.address))


def _expect_heard(f: Formatting, node: nodes.ExpectHeard) -> Doc:
    return concat(f"expect {node.party} {node.verb} ", expression(f, node.value))


def _expect_sent(f: Formatting, node: nodes.ExpectSent) -> Doc:
    parts: list[Doc] = [f"expect {node.channel} to ", expression(f, node.to)]
    for word, value in (("subject", node.subject), ("text", node.text)):
        if value is not None:
            parts += [f" with {word} ", expression(f, value)]
    return concat(*parts)


def _expect_nothing(_: Formatting, node: nodes.ExpectNothing) -> Doc:
    return f"expect no {node.what}"


def _expect_http(f: Formatting, node: nodes.ExpectHttp) -> Doc:
    return concat(f"expect http {node.method} ", expression(f, node.url))


def _expect_stopped(_f: Formatting, _node: nodes.ExpectStopped) -> Doc:
    return "expect stopped"


def _expect_fault(_: Formatting, node: nodes.ExpectFault) -> Doc:
    return f"expect fault {node.fault}"


def _at(f: Formatting, node: nodes.At) -> Doc:
    return concat("at ", expression(f, node.time))


def _after(f: Formatting, node: nodes.After) -> Doc:
    return concat("after ", expression(f, node.duration))


def _carrier_down(f: Formatting, node: nodes.CarrierDown) -> Doc:
    return concat("carrier down for ", expression(f, node.duration))


def _http_answers(f: Formatting, node: nodes.HttpAnswers) -> Doc:
    return concat("http ", expression(f, node.url), " answers ", expression(f, node.answer))


def _http_fails(f: Formatting, node: nodes.HttpFails) -> Doc:
    return concat("http fails with ", expression(f, node.status))


_STATEMENTS: dict[type[ast.Node], Callable[[Formatting, Any], Doc]] = {
    nodes.TestLet: _let,
    ast.CallStatement: _call,
    nodes.Act: _act,
    nodes.ExpectDial: _expect_dial,
    nodes.ExpectHeard: _expect_heard,
    nodes.ExpectSent: _expect_sent,
    nodes.ExpectNothing: _expect_nothing,
    nodes.ExpectHttp: _expect_http,
    nodes.ExpectStopped: _expect_stopped,
    nodes.ExpectFault: _expect_fault,
    nodes.At: _at,
    nodes.After: _after,
    nodes.CarrierDown: _carrier_down,
    nodes.HttpAnswers: _http_answers,
    nodes.HttpFails: _http_fails,
}
