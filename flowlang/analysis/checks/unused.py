"""What is there for nothing: names that nobody reads, and declarations that nothing leads to.

A name that begins with `_` is meant so. A flow with a `##` comment may be started by the host. A script
without routes may be there for others, or run by hand: its declarations are left alone.
"""

from __future__ import annotations

from flowlang.analysis.graph import ever_reached, key_of, uses_of_flows
from flowlang.analysis.script import Body, Script
from flowlang.diagnostics import Span
from flowlang.syntax import ast

_LOCAL = frozenset({"variable", "binding", "loop variable"})
"""Not parameters: they are what a flow promises to its callers."""


def check(script: Script) -> None:
    """Variables and `as` names, then declarations."""
    for binding in script.bindings:
        if binding.kind in _LOCAL and not binding.read and not binding.name.startswith("_"):
            script.report.add("W201", binding.span, f"nothing reads `{binding.name}`")
    for body in script.bodies:
        _labels(script, body)
    for name, use in script.uses.items():
        if name in script.modules and name not in script.modules_read:
            script.report.add("W202", script.report.word(use.span, name), f"nothing uses the module `{name}`")
    if script.routes:
        _flows(script)
        _helpers(script)


def _labels(script: Script, body: Body) -> None:
    used = {node.label for node in body.nodes if isinstance(node, ast.Break | ast.Continue)}
    for node in body.nodes:
        if not isinstance(node, ast.While | ast.For | ast.Loop) or node.label is None:
            continue
        if node.label not in used and not node.label.startswith("_"):
            span = Span(node.span.start, node.span.start + len(node.label))
            script.report.add(
                "W201", script.report.word(span, node.label), f"nothing goes to the label `{node.label}`"
            )


def _flows(script: Script) -> None:
    targets = [
        each for route in script.routes for each in (route.target, route.otherwise) if each is not None
    ]
    roots = [key for target in targets if (key := key_of(script, target)) is not None]
    if len(roots) < len(targets):  # said so; any flow may have been meant
        return
    found = ever_reached(uses_of_flows(script), roots)
    for name, flow in script.flows.items():
        if name not in found and flow.doc is None:
            hint = "no route, call or `start` leads to it; if the host starts it, say so in a `##` comment"
            script.report.add("W202", flow.name_span, f"the flow `{name}` is never run", hint=hint)


def _helpers(script: Script) -> None:
    read: set[str] = set()
    for policy in script.policies:
        read |= {node.name for node in ast.walk(policy) if isinstance(node, ast.Name)}
    for body in script.bodies:
        names = {node.name for node in body.nodes if isinstance(node, ast.Name)}
        owner = body.owner
        read |= names - {owner.name} if isinstance(owner, ast.FuncDecl | ast.Const) else names
    for name, constant in script.constants.items():
        if name not in read:
            script.report.add("W202", constant.name_span, f"nothing reads the constant `{name}`")
    for name, function in script.functions.items():
        if name not in read:
            script.report.add("W202", function.name_span, f"nothing calls `{name}`")
