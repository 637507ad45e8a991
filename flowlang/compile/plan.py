"""Which blocks of a script need to exist at run time.

A block that owns handlers, streams or a deadline does; and a loop or flow that something leaves from within
such a block or from another Python function (a handler, a stream, a `finally`), because an exit has to be
aimed at it. All others are plain Python. Marking one may make others need it, so the marking goes on until
nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from flowlang.syntax import ast


@dataclass(slots=True)
class _Place:
    """An enclosing construct: its body, and what can be aimed at it."""

    body: int
    label: str | None = None
    is_loop: bool = False
    is_action: bool = False
    is_flow: bool = False
    is_border: bool = False
    """Another Python function begins here."""


class Plan:
    """`needed(node)` for blocks, and for calls with handlers. Nodes are told apart by identity."""

    def __init__(self, body: ast.Block) -> None:
        self._needed: set[int] = set()
        before = -1
        while before != len(self._needed):
            before = len(self._needed)
            self._block(body, [_Place(id(body), is_flow=True)])

    def needed(self, node: ast.Block | ast.Call) -> bool:
        """Whether it exists at run time."""
        return id(node) in self._needed

    def _block(self, block: ast.Block, places: list[_Place]) -> None:
        if any(isinstance(each, (ast.On, ast.Stream)) for each in block.statements):
            self._needed.add(id(block))
        for each in block.statements:
            self._statement(each, places)

    def _statement(self, node: ast.Statement, places: list[_Place]) -> None:
        match node:
            case ast.Break(label=label):
                self._mark(
                    places, lambda each: each.label == label if label else each.is_loop or each.is_action
                )
            case ast.Continue(label=label):
                self._mark(places, lambda each: each.label == label if label else each.is_loop)
            case ast.Return():
                self._mark(places, lambda each: each.is_flow)
                self._handlers_of(node.value, places)
            case ast.While() | ast.For() | ast.Loop():
                self._block(node.body, [*places, _Place(id(node.body), node.label, is_loop=True)])
            case ast.Every():
                self._block(node.body, [*places, _Place(id(node.body), is_loop=True)])
            case ast.If():
                self._if(node, places)
            case ast.Match():
                for arm in node.arms:
                    self._block(arm.body, [*places, _Place(id(arm.body))])
            case ast.Within():
                self._needed.add(id(node.body))
                self._block(node.body, [*places, _Place(id(node.body))])
                if node.otherwise is not None:
                    self._block(node.otherwise, [*places, _Place(id(node.otherwise))])
            case ast.Try():
                self._try(node, places)
            case ast.On():
                self._block(node.body, [*places, _Place(0, is_border=True), _Place(id(node.body))])
            case ast.Stream():
                self._block(node.body, [*places, _Place(0, is_border=True), _Place(id(node.body))])
            case ast.Parallel() | ast.Race():
                for stream in node.streams:
                    self._statement(stream, places)
            case ast.Let() | ast.Assign():
                self._handlers_of(node.value, places)
            case ast.CallStatement():
                self._handlers_of(node.call, places)
            case ast.Stop() | ast.Raise() | ast.Handoff() | ast.Emit() | ast.Join() | ast.Cancel():
                pass
            case ast.Wait() | ast.WaitUntil() | ast.WaitForStatement():
                pass
            case _:
                assert_never(node)

    def _if(self, node: ast.If, places: list[_Place]) -> None:
        branch: ast.If | ast.Block | None = node
        while isinstance(branch, ast.If):
            self._block(branch.then, [*places, _Place(id(branch.then))])
            branch = branch.otherwise
        if branch is not None:
            self._block(branch, [*places, _Place(id(branch))])

    def _try(self, node: ast.Try, places: list[_Place]) -> None:
        # With a `finally` the whole `try` is bracketed too; that bracket has no AST block of its own.
        inside = places if node.final is None else [*places, _Place(0, is_border=True)]
        self._needed.add(id(node.body))
        self._block(node.body, [*inside, _Place(id(node.body))])
        if node.catch is not None:
            self._block(node.catch, [*inside, _Place(id(node.catch))])
        if node.final is not None:
            self._block(node.final, [*places, _Place(0, is_border=True), _Place(id(node.final))])

    def _handlers_of(self, value: ast.Expression | None, places: list[_Place]) -> None:
        if isinstance(value, ast.Call) and value.handlers:
            self._needed.add(id(value))
            for handler in value.handlers:
                self._statement(handler, [*places, _Place(id(value), is_action=True)])

    def _mark(self, places: list[_Place], is_target: Callable[[_Place], bool]) -> None:
        """An exit from here: its target is needed if anything between exists at run time, or it does
        itself."""
        crossed = False
        for place in reversed(places):
            crossed = crossed or place.is_border or place.body in self._needed
            if is_target(place):
                if crossed:
                    self._needed.add(place.body)
                return
