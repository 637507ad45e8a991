"""What is in the language but not in this version is refused by its name, so that nobody takes it for a slip
of his."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.analysis.unsupported import UNSUPPORTED, UNSUPPORTED_FORMS
from flowlang.diagnostics import Span
from flowlang.model.actions import PLANNED_ACTIONS, PLANNED_NAMESPACES
from flowlang.syntax import ast


def check(script: Script) -> None:
    """Every node of the script."""
    for declaration in script.module.declarations:
        if type(declaration) in UNSUPPORTED:
            _construct(script, UNSUPPORTED[type(declaration)], declaration.span)
    for body in script.bodies:
        for node in body.nodes:
            if type(node) in UNSUPPORTED:
                _construct(script, UNSUPPORTED[type(node)], node.span)
            _form(script, node)


def _construct(script: Script, name: str, span: Span) -> None:
    word = (
        Span(span.start, span.start + len(name))
        if script.report.source.text.startswith(name, span.start)
        else span
    )
    message = f"`{name}` is in the language, but this version does not run it"
    script.report.add("E901", word, message)


def _form(script: Script, node: ast.Node) -> None:
    match node:
        case ast.Route():
            _route(script, node)
        case ast.Call(callee=ast.Name(name=name, span=span)) if (
            name in PLANNED_ACTIONS and script.callee(name) is None
        ):
            message = f"the action `{name}` is in the language, but this version does not run it"
            script.report.add("E902", span, message)
        case ast.Call(callee=ast.Field(value=ast.Name(name=name, span=span))) if name in PLANNED_NAMESPACES:
            message = f"the actions of `{name}` are in the language, but this version does not run them"
            script.report.add("E902", span, message)
        case _:
            pass


def _route(script: Script, route: ast.Route) -> None:
    if route.via is not None and "via" in UNSUPPORTED_FORMS:
        message = "`via` is in the language, but this version does not run it"
        script.report.add("E901", route.via.span, message)
