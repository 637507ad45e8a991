"""Streams: `join` and `cancel` name one that has been begun in a block around them, and none waits for
itself."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.syntax import ast


def check(script: Script) -> None:
    """The blocks of all flows that have named streams, or speak of them."""
    for body in script.bodies:
        if isinstance(body.owner, ast.FlowDecl) and any(
            isinstance(node, ast.Stream | ast.Join | ast.Cancel) for node in body.nodes
        ):
            _Streams(script).block(body.owner.body)


class _Streams:
    """`visible` by name, with where each was begun; `around` are the streams that the present place is part
    of."""

    def __init__(self, script: Script) -> None:
        self.report = script.report
        self.visible: dict[str, Span] = {}
        self.around: list[str] = []

    def block(self, node: ast.Node) -> None:
        begun: list[str] = []
        for statement in ast.children(node):
            if isinstance(statement, ast.Stream) and statement.name is not None:
                if self.begin(statement, statement.name):
                    begun.append(statement.name)
            elif isinstance(statement, ast.Join | ast.Cancel):
                self.end(statement)
            elif isinstance(statement, ast.If):
                self.branches(statement)
            else:
                self.inside(statement)
        for name in begun:
            del self.visible[name]

    def begin(self, stream: ast.Stream, name: str) -> bool:
        known = self.visible.get(name)
        if known is not None:
            span = self.report.word(Span(stream.span.start + len("stream"), stream.body.span.start), name)
            self.report.add(
                "E203", span, f"a stream `{name}` runs already, from line {self.report.line(known)}"
            )
        else:
            self.visible[name] = stream.span
        self.around.append(name)
        self.block(stream.body)
        self.around.pop()
        return known is None

    def inside(self, node: ast.Node) -> None:
        """The blocks below a node, wherever in it they stand."""
        todo = [node]
        while todo:
            current = todo.pop()
            if isinstance(current, ast.Block):
                self.block(current)
            else:
                todo.extend(reversed(list(ast.children(current))))

    def branches(self, statement: ast.If) -> None:
        following: ast.Block | ast.If | None = statement
        while isinstance(following, ast.If):
            self.inside(following.condition)
            self.block(following.then)
            following = following.otherwise
        if following is not None:
            self.block(following)

    def end(self, statement: ast.Join | ast.Cancel) -> None:
        word = "join" if isinstance(statement, ast.Join) else "cancel"
        name = statement.name
        span = self.report.word(Span(statement.span.start + len(word), statement.span.end), name)
        if name not in self.visible:
            near = self.report.near(name, self.visible)
            hint = None if near else "a stream can be named from its line to the end of its block"
            self.report.add("E210", span, f"no stream called `{name}` runs here", near=near, hint=hint)
        elif word == "join" and name in self.around:
            self.report.add("E508", span, f"the stream `{name}` would wait for its own end")
