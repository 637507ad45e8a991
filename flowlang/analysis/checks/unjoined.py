"""Streams that send or store something and that nobody waits for: when their block ends they are cut off, and
what they were about to send stays unsent.

One that has no end of its own, with an `every` or a `loop` that nothing leaves, is meant to be cut off. Those
of a `parallel` are waited for, and those of a `race` end by its rule.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.model.actions import Action
from flowlang.syntax import ast

from .unreachable import loops_left

_STORES = ("store.", "sql.")


def check(script: Script) -> None:
    """The streams of all flows."""
    for body in script.bodies:
        if not isinstance(body.owner, ast.FlowDecl):
            continue
        ended = {node.name for node in body.nodes if isinstance(node, ast.Join | ast.Cancel)}
        together = {
            id(each)
            for node in body.nodes
            if isinstance(node, ast.Parallel | ast.Race)
            for each in node.streams
        }
        for node in body.nodes:
            if isinstance(node, ast.Stream) and node.name not in ended and id(node) not in together:
                _stream(script, node)


def _stream(script: Script, stream: ast.Stream) -> None:
    nodes = tuple(ast.walk(stream.body))
    left = loops_left(nodes)
    if any(isinstance(each, ast.Every | ast.Loop | ast.While) and _endless(each, left) for each in nodes):
        return
    call = _lasting(script, nodes)
    if call is None:
        return
    named = f"`join {stream.name}`" if stream.name is not None else "give it a name, and `join` it"
    span = Span(stream.span.start, stream.span.start + len("stream"))
    message = f"the end of its block cuts this stream off, and what `{call}` does may stay undone"
    script.report.add("W506", span, message, hint=f"{named} where that may not be")


def _endless(loop: ast.Every | ast.Loop | ast.While, left: set[int]) -> bool:
    if id(loop) in left:
        return False
    match loop:
        case ast.Loop(limit=limit):
            return limit is None
        case ast.While(condition=condition):
            return isinstance(condition, ast.Boolean) and condition.value
        case _:
            return True


def _lasting(script: Script, nodes: Iterable[ast.Node]) -> str | None:
    """What sends or stores in it, by itself or in a flow of this script that it calls, as it is written."""
    todo = deque((node, "") for node in nodes)
    seen: set[str] = set()
    while todo:
        node, through = todo.popleft()
        called = script.called(node) if isinstance(node, ast.Call) else None
        match called and called.callee:
            case Action() as action if _lasts(action):
                return through or action.name
            case ast.FlowDecl() as flow if called is not None and called.owner is script:
                if flow.name not in seen:
                    seen.add(flow.name)
                    todo.extend((each, through or flow.name) for each in ast.walk(flow.body))
            case _:
                pass
    return None


def _lasts(action: Action) -> bool:
    reaches = action.reach is not None and action.reach.kind != "dial"
    return reaches or action.name == "notify" or action.name.startswith(_STORES)
