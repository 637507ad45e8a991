"""What is in the language but not in this version is refused by its name, so that nobody takes it for a slip
of his."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.model.actions import PLANNED_ACTIONS, PLANNED_NAMESPACES
from flowlang.syntax import ast


def check(script: Script) -> None:
    """Every node of the script."""
    for body in script.bodies:
        for node in body.nodes:
            _node(script, node)


def _node(script: Script, node: ast.Node) -> None:
    match node:
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
