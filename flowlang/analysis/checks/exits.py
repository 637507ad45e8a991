"""`break`, `continue`, `return` and `raise`: each has a place to go to.

In a handler or stream they mean the loop or flow around it; in an action's own block a bare `break` cancels
the action; none of them leads out of a `finally`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.syntax import ast


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a statement stands: what is around it that can be left, and what may not be."""

    labels: tuple[str | None, ...] = ()  # of the loops around, the innermost last
    beyond: tuple[str | None, ...] = ()  # of those outside the `finally`
    of_action: bool = False  # directly in an action's own block, with no loop between
    final: bool = False
    catch: bool = False


def check(script: Script) -> None:
    """The blocks of all flows and functions."""
    exits = _Exits(script)
    for body in script.bodies:
        if isinstance(body.owner, ast.FlowDecl | ast.FuncDecl) and isinstance(body.owner.body, ast.Block):
            exits.block(body.owner.body, _Place())


class _Exits:
    def __init__(self, script: Script) -> None:
        self.report = script.report

    def block(self, block: ast.Block, place: _Place) -> None:
        for statement in block.statements:
            self.statement(statement, place)

    def statement(self, statement: ast.Statement, place: _Place) -> None:
        match statement:
            case ast.Break() | ast.Continue():
                self.jump(statement, place)
            case ast.Return() if place.final:
                self.report.add("E506", statement.span, "`return` cannot leave a `finally`")
            case ast.Handoff() if place.final:
                self.report.add("E506", statement.span, "`handoff` cannot leave a `finally`")
            case ast.Raise() if statement.value is None and not place.catch:
                hint = 'say what: `raise "…"`'
                self.report.add("E509", statement.span, "`raise` alone stands in a `catch` only", hint=hint)
            case ast.While() | ast.For() | ast.Loop() | ast.Every():
                self.loop(statement, place)
            case ast.If():
                self.branches(statement, place)
            case ast.Match():
                for arm in statement.arms:
                    self.block(arm.body, place)
            case ast.Try():
                self.attempt(statement, place)
            case ast.On():
                self.block(statement.body, replace(place, of_action=False, catch=False))
            case ast.Let() | ast.Assign() | ast.Return():
                if isinstance(statement.value, ast.Call):
                    self.handlers(statement.value, place)
            case ast.CallStatement():
                if isinstance(statement.call, ast.Call):
                    self.handlers(statement.call, place)
            case ast.Within():
                self.block(statement.body, place)
                if statement.otherwise is not None:
                    self.block(statement.otherwise, place)
            case ast.Stream():
                self.block(statement.body, replace(place, of_action=False, catch=False))
            case ast.Parallel() | ast.Race():
                for stream in statement.streams:
                    self.statement(stream, place)
            case ast.Stop() | ast.Raise() | ast.Handoff() | ast.Emit() | ast.Join() | ast.Cancel():
                pass
            case ast.Wait() | ast.WaitUntil() | ast.WaitForStatement():
                pass
            case _:
                assert_never(statement)

    def loop(self, statement: ast.While | ast.For | ast.Loop | ast.Every, place: _Place) -> None:
        label = None if isinstance(statement, ast.Every) else statement.label
        if label is not None and label in place.labels + place.beyond:
            span = self.report.word(statement.span, label)
            self.report.add("E203", span, f"a loop around this one is called `{label}` already")
        self.block(statement.body, replace(place, labels=(*place.labels, label), of_action=False))

    def branches(self, statement: ast.If, place: _Place) -> None:
        following: ast.Block | ast.If | None = statement
        while isinstance(following, ast.If):
            self.block(following.then, place)
            following = following.otherwise
        if following is not None:
            self.block(following, place)

    def attempt(self, statement: ast.Try, place: _Place) -> None:
        self.block(statement.body, place)
        if statement.catch is not None:
            self.block(statement.catch, replace(place, catch=True))
        if statement.final is not None:
            beyond = place.beyond + place.labels
            self.block(statement.final, _Place(beyond=beyond, final=True))

    def handlers(self, call: ast.Call, place: _Place) -> None:
        for on in call.handlers:
            self.block(on.body, replace(place, of_action=True, catch=False))

    def jump(self, statement: ast.Break | ast.Continue, place: _Place) -> None:
        word = "break" if isinstance(statement, ast.Break) else "continue"
        label = statement.label
        if label is not None:
            if label in place.labels:
                return
            span = self.report.word(Span(statement.span.start + len(word), statement.span.end), label)
            if label in place.beyond:
                self.report.add("E506", statement.span, f"`{word}` cannot leave a `finally`")
            else:
                near = self.report.near(label, [each for each in place.labels if each is not None])
                self.report.add("E502", span, f"no loop around this is called `{label}`", near=near)
        elif place.of_action:
            if word == "continue":
                hint = "`break` cancels the action; a label goes on with a loop"
                self.report.add(
                    "E507", statement.span, "`continue` in an action's own block goes nowhere", hint=hint
                )
        elif not place.labels:
            if place.beyond:
                self.report.add("E506", statement.span, f"`{word}` cannot leave a `finally`")
            else:
                hint = "`return` leaves the flow" if word == "break" else None
                self.report.add("E501", statement.span, f"`{word}` stands in no loop", hint=hint)
