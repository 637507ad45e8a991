"""What an expression does before it has its value: actions, flows, waiting, in the order of running."""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.analysis import FlowInfo
from flowlang.model.actions import Action
from flowlang.syntax import ast

from .model import Block, Item, Sided, Step
from .scope import Scope

_Acting = ast.Call | ast.Start | ast.WaitFor


def acts(scope: Scope, value: ast.Expression) -> bool:
    """Whether it does anything."""
    return next(_acting(scope, value), None) is not None


def steps(scope: Scope, value: ast.Expression, result: str = "") -> list[Item]:
    """A node for each thing that it does; the last bears the name that the value is given."""
    found = list(_acting(scope, value))
    return [_step(scope, each, result if each is found[-1] else "") for each in found]


def _acting(scope: Scope, value: ast.Node) -> Iterator[_Acting]:
    """Arguments before their call; what is in an action's own block is not part of the expression."""
    stack: list[tuple[ast.Node, bool]] = [(value, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            assert isinstance(node, _Acting)
            yield node
            continue
        if _is_acting(scope, node):
            stack.append((node, True))
        below = [each for each in ast.children(node) if not isinstance(each, ast.On)]
        stack += [(each, False) for each in reversed(below)]


def _is_acting(scope: Scope, node: ast.Node) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(scope.flow.program.called(node).callee, Action | FlowInfo)
    return isinstance(node, ast.Start | ast.WaitFor)


def _step(scope: Scope, node: _Acting, result: str) -> Item:
    words, program = scope.flow.words, scope.flow.program
    gives = f" → {result}" if result else ""
    match node:
        case ast.WaitFor(within=within):
            text = f"within {words.of(within)}" if within is not None else ""
            return Step(scope.node("wait", f"wait for {words.event(node)}{gives}", text, node))
        case ast.Start(target=target):
            link = scope.flow.starts.get(program.target(target).key)
            title = f"start {words.target(target)}{gives}"
            return Step(scope.node("call", title, words.arguments(target.arguments), node, link))
        case ast.Call():
            called = program.called(node)
            flow = called.callee if isinstance(called.callee, FlowInfo) else None
            link = scope.flow.starts.get(flow.key) if flow is not None else None
            kind = "call" if flow is not None else "action"
            title = f"{words.of(node.callee, 60)}{gives}"
            step = Step(scope.node(kind, title, words.arguments(node.arguments), node, link))
            if not node.handlers:
                return step
            sides = tuple(scope.flow.handler(scope, each) for each in node.handlers)
            return Sided(Block((step,), is_open=True), sides)
