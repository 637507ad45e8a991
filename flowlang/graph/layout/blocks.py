"""Blocks and their items as boxes, a kind of item a function."""

from __future__ import annotations

from flowlang.graph.model import (
    ENDS,
    Block,
    Choice,
    Fork,
    Guarded,
    Item,
    Loop,
    Side,
    Sided,
    Step,
)

from .columns import BESIDE, GAP, PAD, Column, fanned, framed, stacked
from .nodes import node_box
from .shapes import Box, Frame, Label, Wire
from .text import LINE, width_of

_LANE = 20.0
_AGAIN = "again"


def block_box(block: Block) -> Box:
    """A sequence; an empty one has no height."""
    return stacked([_item(each) for each in block.items])


def _item(item: Item) -> Box:
    match item:
        case Step(node):
            box = node_box(node)
            box.is_open = node.kind not in ENDS
            return box
        case Choice(node, branches):
            columns = [
                Column(each.label, block_box(each.block), each.block.is_open, each.piece) for each in branches
            ]
            return fanned(node_box(node), columns)
        case Loop():
            return _loop(item)
        case Guarded():
            return _guarded(item)
        case Sided():
            return _sided(item)
        case Fork(node, streams, join):
            columns = [Column("", _side(each), each.block.is_open) for each in streams]
            return fanned(node_box(node), columns, join)


def _loop(loop: Loop) -> Box:
    """In a frame, with the way back on its left; it is left at the bottom of the frame."""
    head = node_box(loop.node)
    inner = stacked([head, block_box(loop.body)])
    again = loop.body.is_open
    if again:
        inner.height = max(inner.height, inner.bottom) + LINE + 4
    room = _LANE if again else 0.0
    needed = width_of(_AGAIN) + 12
    short = max(0.0, needed - inner.axis) if again else 0.0
    whole = framed(inner, "part", loop.node.piece, left=room + short)
    if again:
        axis, lane = whole.axis, PAD + _LANE / 2 - 4
        low, high = whole.bottom + LINE + 4, whole.top + head.height / 2
        points = ((axis, whole.bottom), (axis, low), (lane, low), (lane, high), (axis - head.axis, high))
        whole.shapes.append(Wire(points))
        whole.shapes.append(Label((_AGAIN,), lane + 8, low - 5, "start"))
    return _left(whole, loop)


def _left(whole: Box, loop: Loop) -> Box:
    whole.bottom = whole.height
    whole.is_open = loop.is_left
    if loop.is_left and loop.leave is not None:
        whole.shapes.append(Label((loop.leave,), whole.axis + 8, whole.height + LINE - 2, "start"))
        whole.width = max(whole.width, whole.axis + 12 + width_of(loop.leave))
        whole.shapes.append(
            Wire(((whole.axis, whole.height), (whole.axis, whole.height + LINE)), is_arrow=False)
        )
        whole.height += LINE
        whole.bottom = whole.height
    return whole


def _guarded(part: Guarded) -> Box:
    """In a frame; the other way out leaves it on the right."""
    head = node_box(part.node)
    whole = framed(stacked([head, block_box(part.body)]), "part", part.node.piece)
    if whole.is_open:
        down = ((whole.axis, whole.bottom), (whole.axis, whole.height))
        whole.shapes.append(Wire(down, is_arrow=False))
        whole.bottom = whole.height
    escape = part.escape
    if escape is None:
        return whole
    other = block_box(escape.block)
    out = width_of(escape.label) + 20
    side, leaves = whole.width, PAD + head.height / 2
    x = max(side + BESIDE, side + out - other.axis)
    axis = x + other.axis
    top = max(leaves + GAP, 0.0) if other.height else leaves
    end = max(whole.height, top + other.height) + 12
    label = Label((escape.label,), side + 8, leaves - 5, "start", escape.piece)
    begin = ((side, leaves), (axis, leaves))
    own_end = whole.bottom
    if other.height:
        whole.shapes.append(Wire((*begin, (axis, top + other.top)), is_dashed=True, piece=escape.piece))
        whole.put(other, x, top)
        begin = ((axis, top + other.bottom),)
    if escape.block.is_open:
        points = (*begin, (axis, end), (whole.axis, end))
        dashed = not other.height
        whole.shapes.append(Wire(points, is_arrow=False, is_dashed=dashed, piece=escape.piece))
    if whole.is_open:
        whole.shapes.append(Wire(((whole.axis, own_end), (whole.axis, end)), is_arrow=False))
    whole.shapes.append(label)
    whole.width = max(x + other.width, axis + 4)
    whole.height = end
    whole.is_open = whole.is_open or escape.block.is_open
    whole.bottom = end if whole.is_open else own_end
    return whole


def _side(side: Side) -> Box:
    """A handler or stream: a frame of its own, with its head on top."""
    box = framed(stacked([node_box(side.node), block_box(side.block)]), "beside", side.node.piece)
    box.bottom = box.height if side.block.is_open else box.bottom
    return box


def _sided(part: Sided) -> Box:
    """The part on the left; on the right what may happen meanwhile, each tied to it."""
    inner = block_box(part.block)
    piece = part.sides[0].node.piece
    if not inner.height:
        inner = Box(24, 24, 12, 0, 24, is_open=part.block.is_open)
        inner.shapes.append(Wire(((12, 0), (12, 24)), is_arrow=False))
    whole = framed(inner, "scope", piece)
    sides = [_side(each) for each in part.sides]
    border = whole.width
    y = 0.0
    for each in sides:
        whole.put(each, border + BESIDE, y)
        tied = y + PAD + LINE / 2 + 5
        whole.shapes.append(Wire(((border, tied), (border + BESIDE, tied)), is_arrow=False, is_dashed=True))
        y += each.height + LINE
    tall = max(whole.height, y - LINE)
    frame = whole.shapes[0]
    assert isinstance(frame, Frame)
    whole.shapes[0] = Frame("scope", 0, 0, frame.width, tall, piece)
    if whole.is_open:
        whole.shapes.append(Wire(((whole.axis, whole.bottom), (whole.axis, tall)), is_arrow=False))
        whole.bottom = tall
    whole.height = tall
    whole.width = border + BESIDE + max(each.width for each in sides)
    return whole
