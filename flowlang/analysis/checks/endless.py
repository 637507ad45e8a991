"""Loops that wait for ever where no caller's leaving ends them: their history grows until it is full.

Only what is sure is told: the loop stands in the main line of a flow that runs outside of calls, and none of
the flows that may run with it has an exit, a `handoff` or a deadline that could end it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile

from flowlang.analysis.graph import Uses, gathered, key_of, path_to, reached, uses_of_flows
from flowlang.analysis.script import Body, Script
from flowlang.model.actions import Action
from flowlang.syntax import ast

from .unreachable import loops_left

_CALLS = ("call", "outbound call")
_WAITS = ast.Wait | ast.WaitUntil | ast.WaitFor | ast.Every
_ENDS = ast.Handoff | ast.Stop | ast.Raise
_BESIDE = ast.On | ast.Stream | ast.Within
"""What has an end of its own, or the end of a loop elsewhere in it."""


def check(script: Script) -> None:
    """From each route of another channel than calls, and each `start`, through all that it may run."""
    if not script.is_entry:
        return
    graph = uses_of_flows(script)
    bodies = {id(body.owner): body for each in script.linked for body in each.bodies}
    ends = gathered(graph, {name: _ends(bodies[id(uses.flow)]) for name, uses in graph.items()})
    came_from = reached(graph, [root for root in _roots(script, graph) if not ends[root]])
    for name in came_from:
        uses = graph[name]
        _flow(uses.script, bodies[id(uses.flow)], path_to(name, came_from)[0])


def _roots(script: Script, graph: dict[str, Uses]) -> Iterator[str]:
    for route in script.routes:
        if route.channel not in _CALLS:
            for target in (route.target, route.otherwise):
                if target is not None and (key := key_of(script, target)) is not None:
                    yield key
    for uses in graph.values():
        yield from uses.starts


def _ends(body: Body) -> frozenset[str]:
    """Not empty where a flow has an end for the whole activeflow, or a handler or stream that leaves some
    block."""
    beside = 0  # the end of the handlers and streams so far
    for node in body.nodes:
        if isinstance(node, ast.On | ast.Stream):
            beside = max(beside, node.span.end)
        elif isinstance(node, _ENDS) or (isinstance(node, ast.Return) and node.span.end <= beside):
            return frozenset({"ends"})
    return frozenset()


def _flow(script: Script, body: Body, root: str) -> None:
    left = loops_left(body.nodes)
    apart = 0  # the end of what is not the main line, so far
    for place, node in enumerate(body.nodes):
        if isinstance(node, _BESIDE) or (isinstance(node, ast.Try) and node.catch is not None):
            apart = max(apart, node.span.end)
        elif _is_endless(node) and id(node) not in left and node.span.end > apart:
            below = _from(body, place)
            if not any(isinstance(each, ast.Return) for each in below) and _waits(script, below):
                _tell(script, node, root)
                return  # nothing below it is reached


def _from(body: Body, place: int) -> list[ast.Node]:
    """A node and all below it."""
    end = body.nodes[place].span.end
    return list(takewhile(lambda each: each.span.start < end, islice(body.nodes, place, None)))


def _tell(script: Script, node: ast.Node, root: str) -> None:
    word = node.__class__.__name__.lower()
    message = f"this `{word}` waits for ever, and no caller's leaving ends it: its history becomes full"
    hint = f"now and then let it begin anew: `handoff {root}(…)`"
    script.report.add("W505", script.report.word(node.span, word), message, hint=hint)


def _is_endless(node: ast.Node) -> bool:
    match node:
        case ast.Loop():
            return node.limit is None
        case ast.While(condition=ast.Boolean(value=True)) | ast.Every():
            return True
        case _:
            return False


def _waits(script: Script, nodes: list[ast.Node]) -> bool:
    for node in nodes:
        if isinstance(node, _WAITS):
            return True
        called = script.called(node) if isinstance(node, ast.Call) else None
        if called is not None and isinstance(called.callee, Action) and called.callee.name == "ask":
            return True
    return False
