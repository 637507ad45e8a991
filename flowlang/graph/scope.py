"""Where the builder is: the flow, the loops around it, the piece of the script that coverage counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from flowlang.analysis import Program
from flowlang.syntax import ast

from .model import Node, NodeKind, Piece, Side
from .words import Words


@dataclass(slots=True, eq=False)
class LoopScope:
    """A loop that is being drawn."""

    label: str | None
    node_id: str
    is_left: bool = False


@dataclass(slots=True, eq=False)
class FlowScope:
    """The flow that is being drawn: numbers for its nodes, the starts of the flows in the chart by the keys
    that the program has for them. `handler` draws an `on`, for actions that have blocks of their own."""

    program: Program
    words: Words
    flow: str
    starts: dict[str, str]
    handler: Callable[[Scope, ast.On], Side]
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1 << 30)))

    def node(
        self,
        kind: NodeKind,
        title: str,
        text: str,
        at: ast.Node,
        piece: Piece | None,
        link: str | None = None,
    ) -> Node:
        """A new one."""
        node_id = f"{self.flow}.{next(self._numbers)}"
        return Node(node_id, kind, title, text, self.words.line(at), piece, link)


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """A place in it. `loops`: the innermost last."""

    flow: FlowScope
    piece: Piece | None
    loops: tuple[LoopScope, ...] = ()

    def at(self, piece: Piece | None) -> Scope:
        """The same within another piece."""
        return Scope(self.flow, piece, self.loops)

    def within(self, loop: LoopScope, piece: Piece) -> Scope:
        """Within a loop's body."""
        return Scope(self.flow, piece, (*self.loops, loop))

    def loop(self, label: str | None) -> LoopScope | None:
        """The loop that `break` and `continue` mean."""
        return next((each for each in reversed(self.loops) if label is None or each.label == label), None)

    def node(self, kind: NodeKind, title: str, text: str, at: ast.Node, link: str | None = None) -> Node:
        """A new node here."""
        return self.flow.node(kind, title, text, at, self.piece, link)
