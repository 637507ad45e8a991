"""Patterns: the arms of `match`, and what an `on` or `wait for` wants."""

from __future__ import annotations

import ast as py
from collections.abc import Sequence

from flowlang.model.values import Duration, Regex
from flowlang.syntax import ast

from . import names
from .conditions import condition
from .frame import Frame
from .python import const, lambda_, load, use
from .runtime.weights import FREE


def test(frame: Frame, patterns: Sequence[ast.Pattern], subject: str) -> py.expr:
    """Whether one of the patterns fits what the Python variable holds."""
    tests = [_test(frame, each, subject) for each in patterns]
    return tests[0] if len(tests) == 1 else py.BoolOp(py.Or(), tests)


def _test(frame: Frame, pattern: ast.Pattern, subject: str) -> py.expr:
    match pattern:
        case ast.Wildcard():
            return const(True)
        case ast.OutcomePattern():
            return use("is_outcome", load(subject), const(pattern.name))
        case ast.RegexPattern():
            regex = frame.unit.pooled(Regex(pattern.pattern, pattern.flags))
            return use("is_match", frame.meter(), load(subject), load(regex))
        case ast.LiteralPattern(value=value) if _is_short(value):
            return use("is_short", load(subject), _literal(frame, value))
        case ast.LiteralPattern():
            return use("is_literal", frame.meter(), load(subject), _literal(frame, pattern.value))


def _is_short(node: ast.Expression) -> bool:
    match node:
        case ast.Text(value=value):
            return len(value) <= FREE
        case ast.Number() | ast.Boolean() | ast.NoneLiteral() | ast.DurationLiteral() | ast.PhoneNumber():
            return True
        case _:
            return False


def _literal(frame: Frame, node: ast.Expression) -> py.expr:
    if isinstance(node, ast.DurationLiteral):
        return load(frame.unit.pooled(Duration(node.microseconds)))
    return frame.expression(node)


def wants(
    frame: Frame, patterns: Sequence[ast.Pattern], binding: str | None, guard: ast.Expression | None
) -> py.expr:
    """A function of an event that tells whether it is wanted; `None` where every one is."""
    if not patterns and guard is None:
        return const(None)
    event = names.variable(binding) if binding is not None else "_"

    def write() -> py.expr:
        tests = [test(frame, patterns, event)] if patterns else []
        if guard is not None:
            tests.append(condition(frame, guard))
        return tests[0] if len(tests) == 1 else py.BoolOp(py.And(), tests)

    return lambda_((event,), frame.without_waiting(write))
