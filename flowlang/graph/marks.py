"""What coverage paints."""

from __future__ import annotations

from typing import Literal

from .model import Node, Piece, Taken

Mark = Literal["taken", "missed"]


class Marks:
    """What is painted. All of a piece that was never taken is marked; of one that was, only its begin, since
    nobody counted how far a test came in it."""

    def __init__(self, taken: Taken | None) -> None:
        self._taken = taken
        self._begun: set[Piece] = set()

    def of(self, piece: Piece | None) -> Mark | None:
        """Of a way in: a wire, a label, a frame."""
        if self._taken is None or piece is None or piece not in self._taken:
            return None
        return "taken" if self._taken[piece] else "missed"

    def of_node(self, node: Node) -> Mark | None:
        """Of a node; to be asked once for each, in the order of the text."""
        mark = self.of(node.piece)
        if mark == "taken" and node.piece in self._begun:
            return None
        if node.piece is not None:
            self._begun.add(node.piece)
        return mark
