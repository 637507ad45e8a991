"""Which flow reaches which: by a call, by `handoff`, or by `start`, which begins an activeflow of its own.

Each question is one pass over the graph, so that a long chain or a large ring of flows costs no more than its
calls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from flowlang.diagnostics import Span
from flowlang.model.actions import Action
from flowlang.model.functions import PREDEFINED_ON
from flowlang.syntax import ast

from .script import Script


@dataclass(slots=True, eq=False)
class Uses:
    """What one flow does by itself, with the places of each. `placed` are the flows that calls of its own
    begin with, `predefined` are the names that are there on some channels only, `replies` each `send` that
    says to nobody else, and so writes in the thread."""

    script: Script
    flow: ast.FlowDecl
    calls: dict[str, Span] = field(default_factory=dict[str, Span])
    starts: dict[str, Span] = field(default_factory=dict[str, Span])
    placed: dict[str, Span] = field(default_factory=dict[str, Span])
    actions: dict[str, list[Span]] = field(default_factory=dict[str, list[Span]])
    events: dict[str, list[Span]] = field(default_factory=dict[str, list[Span]])
    predefined: dict[str, list[Span]] = field(default_factory=dict[str, list[Span]])
    replies: list[Span] = field(default_factory=list[Span])


def uses_of_flows(script: Script) -> dict[str, Uses]:
    """Of all flows of the program, by the name that the entry script has for each."""
    found: dict[str, Uses] = {}
    for each in script.linked:
        for body in each.bodies:
            if isinstance(body.owner, ast.FlowDecl) and body.owner is each.flows[body.owner.name]:
                found[each.prefix + body.owner.name] = _uses(each, body.owner, body.nodes)
    return found


def key_of(script: Script, target: ast.FlowTarget) -> str | None:
    """What the entry calls the flow of a route, `start` or `handoff`; `None` if there is none."""
    found = script.target(target)
    return found[0].prefix + found[1].name if found is not None else None


def _uses(script: Script, flow: ast.FlowDecl, nodes: Iterable[ast.Node]) -> Uses:
    uses = Uses(script, flow)
    for node in nodes:
        match node:
            case ast.Call() if (called := script.called(node)) is not None:
                span = node.callee.span
                if isinstance(called.callee, Action):
                    for argument in node.arguments:
                        given = script.flow_given(called.callee, argument)
                        if given is not None and (key := key_of(script, given)) is not None:
                            of_leg = called.callee.on_leg  # else it has a call without this one's caller
                            (uses.calls if of_leg else uses.placed).setdefault(key, given.span)
                    uses.actions.setdefault(called.callee.name, []).append(span)
                    if called.callee.name == "send" and not any(each.name == "to" for each in node.arguments):
                        uses.replies.append(span)
                elif isinstance(called.callee, ast.FlowDecl):
                    uses.calls.setdefault(called.owner.prefix + called.callee.name, span)
            case ast.Start(target=target) if (key := key_of(script, target)) is not None:
                uses.starts.setdefault(key, target.span)
            case ast.Handoff(target=target) if (key := key_of(script, target)) is not None:
                uses.calls.setdefault(key, target.span)
            case ast.On():
                uses.events.setdefault(node.event, []).append(node.event_span)
            case ast.WaitFor():
                uses.events.setdefault(node.event, []).append(script.report.word(node.span, node.event))
            case ast.Field(value=ast.Name(name=name, span=span)) if name in PREDEFINED_ON:
                uses.predefined.setdefault(name, []).append(span)
            case _:
                pass
    return uses


def reached(graph: dict[str, Uses], roots: Iterable[str]) -> dict[str, str | None]:
    """The flows that run in an activeflow begun with one of `roots`, nearest first, each with the flow that
    it was reached from on a shortest way (`None` for a root)."""
    came_from: dict[str, str | None] = {root: None for root in roots if root in graph}
    todo = deque(came_from)
    while todo:
        name = todo.popleft()
        for following in graph[name].calls:
            if following not in came_from:
                came_from[following] = name
                todo.append(following)
    return came_from


def path_to(name: str, came_from: dict[str, str | None]) -> list[str]:
    """The way from the root to a flow, both ends included."""
    path = [name]
    while (before := came_from[path[-1]]) is not None:
        path.append(before)
    return path[::-1]


def ever_reached(graph: dict[str, Uses], roots: Iterable[str]) -> set[str]:
    """As `reached`, and through `start` and calls that are placed as well."""
    seen = {root for root in roots if root in graph}
    todo = list(seen)
    while todo:
        uses = graph[todo.pop()]
        for following in (*uses.calls, *uses.starts, *uses.placed):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def gathered(graph: dict[str, Uses], own: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """`own` of each flow with that of all flows that it calls, however deep: rings of flows share theirs."""
    callers: dict[str, list[str]] = {name: [] for name in graph}
    for name, uses in graph.items():
        for called in uses.calls:
            callers[called].append(name)
    total = dict(own)
    todo = deque(graph)
    while todo:
        name = todo.popleft()
        for caller in callers[name]:
            if not total[name] <= total[caller]:
                total[caller] |= total[name]
                todo.append(caller)
    return total
