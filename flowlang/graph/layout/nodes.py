"""A node by itself: its lines of text and its size."""

from __future__ import annotations

from flowlang.graph.model import Node, NodeKind

from .shapes import Box, Placed
from .text import LINE, width_of, wrapped

_WIDEST = 190.0
_LEAST = 44.0
_MARGIN: dict[NodeKind, float] = {"choice": 22, "call": 16}
_ROUND: frozenset[NodeKind] = frozenset(
    {"start", "loop", "guard", "handler", "stream", "fork", "back", "leave", "end", "fault"}
)
_SIGNS: dict[NodeKind, str] = {"back": "↑ ", "leave": "↓ "}


def node_box(node: Node) -> Box:
    """The node at the top left of a box of its size."""
    title = wrapped(_SIGNS.get(node.kind, "") + node.title, _WIDEST, bold=True) if node.title else ()
    text = wrapped(node.text, _WIDEST)
    lines = (*title, *text)
    widest = max((width_of(each, bold=place < len(title)) for place, each in enumerate(lines)), default=0)
    margin = _MARGIN.get(node.kind, 14 if node.kind in _ROUND else 10)
    width = float(round(max(_LEAST, widest + 2 * margin)))
    height = float(LINE * max(1, len(lines)) + (10 if node.kind in _ROUND else 14))
    placed = Placed(node, 0, 0, width, height, lines, len(title))
    return Box(width, height, width / 2, 0, height, shapes=[placed])
