"""Boxes below each other and beside each other, and the wires between them."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.graph.model import Piece

from .shapes import Box, Frame, FrameKind, Label, Wire
from .text import LINE, width_of, wrapped

GAP = 26.0
"""Between what follows each other; an arrow goes through it."""
BESIDE = 24.0
"""Between what stands side by side."""
PAD = 14.0
"""Between a frame and what is in it."""
_LABEL = 130.0
_BUS = 12.0
_NEAR = 14.0


def stacked(boxes: list[Box]) -> Box:
    """One below the other on one axis."""
    boxes = [each for each in boxes if each.height]
    if not boxes:
        return Box()
    axis = max(each.axis for each in boxes)
    whole = Box(axis + max(each.width - each.axis for each in boxes), 0, axis, boxes[0].top)
    y, before, goes_on = 0.0, 0.0, True
    for place, each in enumerate(boxes):
        if place:
            y += GAP
            whole.shapes.append(Wire(((axis, before), (axis, y + each.top)), is_dashed=not goes_on))
        whole.put(each, axis - each.axis, y)
        before, goes_on = y + each.bottom, each.is_open
        y += each.height
    whole.height, whole.bottom, whole.is_open = y, before, goes_on
    return whole


@dataclass(slots=True, eq=False)
class Column:
    """What stands below a label; `is_open` whether control comes out."""

    label: str
    box: Box
    is_open: bool
    piece: Piece | None = None


def fanned(head: Box, columns: list[Column], join: str = "") -> Box:
    """Below the head a line to each column, and from those that are open a line to where it goes on."""
    labels = [wrapped(each.label, _LABEL) for each in columns]
    room = max(map(len, labels), default=0) * LINE
    x, places = 0.0, list[float]()
    for each, lines in zip(columns, labels, strict=True):
        label = max(map(width_of, lines), default=0.0) + 8
        left = max(each.box.axis, label / 2, 10.0)
        places.append(x + left)
        x += left + max(each.box.width - each.box.axis, label / 2, 10.0) + BESIDE
    width = x - BESIDE
    straight = len(columns) == 2 and columns[1].box.height == 0  # what only passes by stands aside
    axis = places[0] if straight else (places[0] + places[-1]) / 2
    axis = next((each for each in places if abs(each - axis) < _NEAR), axis)  # no kinks
    shift = max(0.0, head.axis - axis)
    axis, places = axis + shift, [each + shift for each in places]
    whole = Box(max(width + shift, axis + head.width - head.axis), axis=axis, top=head.top)
    whole.put(head, axis - head.axis, 0)
    bus = head.height + _BUS
    top = bus + room + 6 + (GAP - 8 if any(each.box.height for each in columns) else 0)
    end = top + max(each.box.height for each in columns)
    merge = end + _BUS + (LINE if join else 0)
    for place, each, lines in zip(places, columns, labels, strict=True):
        _column(whole, each, lines, (place, axis), (head.bottom, bus, top, merge))
    opened = any(each.is_open for each in columns)
    if join and opened:
        whole.shapes.append(Label((join,), axis + 8, merge + LINE - 3, "start"))
        merge += LINE + 4
        whole.shapes.append(Wire(((axis, merge - LINE - 4), (axis, merge)), is_arrow=False))
        whole.width = max(whole.width, axis + 16 + width_of(join))
    whole.height = whole.bottom = merge if opened else end
    whole.is_open = opened
    return whole


def _column(
    whole: Box,
    column: Column,
    lines: tuple[str, ...],
    across: tuple[float, float],
    down: tuple[float, float, float, float],
) -> None:
    (x, axis), (leaves, bus, top, merge) = across, down
    box = column.box
    text = bus + LINE if lines else bus
    begin = ((axis, leaves), (x, leaves)) if x == axis else ((axis, leaves), (axis, bus), (x, bus))
    label_end = bus + len(lines) * LINE + 6
    if lines:
        whole.shapes.append(Wire((*begin, (x, bus + 4)), is_arrow=False, piece=column.piece))
        whole.shapes.append(Label(lines, x, text, "middle", column.piece))
        begin = ((x, label_end),)
    if box.height:
        whole.shapes.append(Wire((*begin, (x, top + box.top)), piece=column.piece))
        whole.put(box, x - box.axis, top)
        begin = ((x, top + box.bottom),)
    if column.is_open:
        piece = column.piece if not box.height else None
        whole.shapes.append(Wire((*begin, (x, merge), (axis, merge)), is_arrow=False, piece=piece))


def framed(box: Box, kind: FrameKind, piece: Piece | None, *, left: float = 0) -> Box:
    """A frame around a box, with room on the left for a lane."""
    whole = Box(box.width + 2 * PAD + left, box.height + 2 * PAD, box.axis + PAD + left, box.top + PAD)
    whole.shapes.append(Frame(kind, 0, 0, whole.width, whole.height, piece))
    whole.put(box, PAD + left, PAD)
    whole.bottom, whole.is_open = box.bottom + PAD, box.is_open
    return whole
