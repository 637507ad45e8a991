"""What the picture is made of, and boxes: shapes that are moved together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from flowlang.graph.model import Node, Piece

FrameKind = Literal["part", "scope", "beside"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """A node with its lines of text, the first `bold` of them the title."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    bold: int

    def moved(self, dx: float, dy: float) -> Placed:
        """Elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True, slots=True)
class Frame:
    """A border around a `part` of the flow, the `scope` of what stands beside it, or what is `beside`."""

    kind: FrameKind
    x: float
    y: float
    width: float
    height: float
    piece: Piece | None

    def moved(self, dx: float, dy: float) -> Frame:
        """Elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True, slots=True)
class Wire:
    """A line along points, each beside or below the one before. `piece` where it stands for one."""

    points: tuple[Point, ...]
    is_arrow: bool = True
    is_dashed: bool = False
    piece: Piece | None = None

    def moved(self, dx: float, dy: float) -> Wire:
        """Elsewhere."""
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text at a wire, the first one's baseline at `y`."""

    lines: tuple[str, ...]
    x: float
    y: float
    anchor: Literal["start", "middle"]
    piece: Piece | None = None

    def moved(self, dx: float, dy: float) -> Label:
        """Elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


Shape = Placed | Frame | Wire | Label


@dataclass(slots=True, eq=False)
class Box:
    """Shapes in a box of their own. Control comes in at `(axis, top)` and goes out at `(axis, bottom)`, if it
    does at all."""

    width: float = 0
    height: float = 0
    axis: float = 0
    top: float = 0
    bottom: float = 0
    is_open: bool = True
    shapes: list[Shape] = field(default_factory=list[Shape])

    def put(self, inner: Box, dx: float, dy: float) -> None:
        """Takes in the shapes of another box."""
        self.shapes += [each.moved(dx, dy) for each in inner.shapes]
