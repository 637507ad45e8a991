"""Declared outcomes: a flow that names them returns one of them, with fields given by name."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.analysis.types import Ended, described
from flowlang.diagnostics import Span
from flowlang.model.actions import Action
from flowlang.syntax import ast


def check(script: Script) -> None:
    """All flows that declare outcomes; for the end of one without any, see `unreachable`."""
    for body in script.bodies:
        for node in body.nodes:
            if isinstance(node, ast.CallStatement):
                _unheeded(script, node)
        if isinstance(body.owner, ast.FlowDecl) and body.owner.outcomes:
            _declared(script, body.owner)
            for node in body.nodes:
                if isinstance(node, ast.Return):
                    _returned(script, body.owner, node)


def _unheeded(script: Script, node: ast.CallStatement) -> None:
    """An action as a whole statement, how it ended being of no interest."""
    called = script.called(node.call) if isinstance(node.call, ast.Call) else None
    if called is not None and isinstance(called.callee, Action) and called.callee.heed:
        names = [f"`{each.name}`" for each in called.callee.outcomes[1:]]
        message = f"nobody looks at how this `{called.callee.name}` ended: {', '.join(names)}"
        span = Span(node.call.span.start, node.call.span.start + len(called.callee.name))
        script.report.add("W504", span, message, hint=f"`match {called.callee.name}(…) {{ … }}`")


def _declared(script: Script, flow: ast.FlowDecl) -> None:
    seen: set[str] = set()
    for name in flow.outcomes:
        if name in seen:
            script.report.add("E203", flow.name_span, f"`{flow.name}` declares the outcome `{name}` twice")
        seen.add(name)


def _returned(script: Script, flow: ast.FlowDecl, node: ast.Return) -> None:
    value = node.value
    expected = tuple(f"`{each}`" for each in flow.outcomes)
    if value is None:
        message = f"`{flow.name}` declares its outcomes, and this is none of them"
        script.report.add("E510", node.span, message, expected=expected)
    elif id(value) in script.outcomes_made:
        if isinstance(value, ast.Call):
            _fields(script, value)
    else:
        known = script.types.get(id(value))
        if known is None or (isinstance(known, Ended) and {*known.names} <= {*flow.outcomes}):
            return
        message = f"`{flow.name}` declares its outcomes, and {described(known)} is none of them"
        script.report.add("E510", value.span, message, expected=expected)


def _fields(script: Script, made: ast.Call) -> None:
    seen: set[str] = set()
    for argument in made.arguments:
        if argument.name is None:
            hint = "give the field a name"
            script.report.add("E306", argument.span, "an outcome has fields, given by name", hint=hint)
        elif argument.name in seen:
            script.report.add("E304", argument.span, f"`{argument.name}` is given twice")
        seen.add(argument.name or "")
