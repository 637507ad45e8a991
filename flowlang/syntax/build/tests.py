"""Builders of the statements of a `test` block."""

from __future__ import annotations

from typing import Any

from flowlang.syntax import ast
from flowlang.syntax.ast import tests as nodes

from .building import Building, Part, listed, whole


def let(b: Building, c: list[Any]) -> nodes.TestLet:
    secret, _let, name, _equal, value = c
    if secret is not None:
        b.report("E130", secret.span, "a test has no secrets", hint="leave `secret` out")
    return nodes.TestLet(whole(c), name.text, name.span, value)


def call(_: Building, c: list[Any]) -> ast.CallStatement:
    callee, _open, arguments, _close = c
    span = whole(c)
    return ast.CallStatement(span, ast.Call(span, callee, arguments or ()))


def act(_: Building, c: list[Any]) -> nodes.Act:
    party, verb, value = c
    return nodes.Act(whole(c), party.text, party.span, verb.text, value)


def act_to(_: Building, c: list[Any]) -> nodes.Act:
    party, verb, to, value = c
    words: Any = f"{verb.text} {to.text}"
    return nodes.Act(whole(c), party.text, party.span, words, value)


def act_alone(_: Building, c: list[Any]) -> nodes.Act:
    party = c[0]
    verb: Any = " ".join(each.text for each in c[1:])
    return nodes.Act(whole(c), party.text, party.span, verb, None)


def expect_dial(_: Building, c: list[Any]) -> nodes.ExpectDial:
    return nodes.ExpectDial(whole(c), c[2], "dial")


def expect_call(_: Building, c: list[Any]) -> nodes.ExpectDial:
    return nodes.ExpectDial(whole(c), c[3], "call")


def expect_heard(_: Building, c: list[Any]) -> nodes.ExpectHeard:
    _expect, party, verb, value = c
    return nodes.ExpectHeard(whole(c), party.text, party.span, verb.text, value)


def expect_sent(b: Building, c: list[Any]) -> nodes.ExpectSent:
    _expect, channel, _to, address, clauses = c
    found: dict[str, Any] = {}
    for keyword, value in clauses.value if clauses else ():
        if keyword.text in found:
            b.report("E121", keyword.span, f"`with {keyword.text}` stands twice")
        found[keyword.text] = value
    return nodes.ExpectSent(whole(c), channel.text, address, found.get("subject"), found.get("text"))


def with_clauses(_: Building, c: list[Any]) -> Part:
    return Part(whole([c[0][0], c[0][-1]]), [each.value for each in c[0]])


def with_clause(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), (c[1], c[2]))


def expect_nothing(_: Building, c: list[Any]) -> nodes.ExpectNothing:
    return nodes.ExpectNothing(whole(c), c[2].text)


def expect_http(_: Building, c: list[Any]) -> nodes.ExpectHttp:
    return nodes.ExpectHttp(whole(c), c[2].text, c[3])


def expect_stopped(_: Building, c: list[Any]) -> nodes.ExpectStopped:
    return nodes.ExpectStopped(whole(c))


def expect_fault(_: Building, c: list[Any]) -> nodes.ExpectFault:
    return nodes.ExpectFault(whole(c), c[2].text)


def at(_: Building, c: list[Any]) -> nodes.At:
    return nodes.At(whole(c), c[1])


def after(_: Building, c: list[Any]) -> nodes.After:
    return nodes.After(whole(c), c[1])


def carrier_down(_: Building, c: list[Any]) -> nodes.CarrierDown:
    return nodes.CarrierDown(whole(c), c[3])


def http_answers(_: Building, c: list[Any]) -> nodes.HttpAnswers:
    return nodes.HttpAnswers(whole(c), c[1], c[3])


def http_fails(_: Building, c: list[Any]) -> nodes.HttpFails:
    return nodes.HttpFails(whole(c), c[3])


BUILDERS = {
    "test_statements": listed,
    "test_let": let,
    "test_call": call,
    "act": act,
    "act_alone": act_alone,
    "act_to": act_to,
    "expect_dial": expect_dial,
    "expect_call": expect_call,
    "expect_heard": expect_heard,
    "expect_sent": expect_sent,
    "with_clauses": with_clauses,
    "with_clause": with_clause,
    "expect_nothing": expect_nothing,
    "expect_http": expect_http,
    "expect_stopped": expect_stopped,
    "expect_fault": expect_fault,
    "at": at,
    "after": after,
    "carrier_down": carrier_down,
    "http_answers": http_answers,
    "http_fails": http_fails,
}
