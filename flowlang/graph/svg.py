"""A chart as SVG: one file without scripts, fonts or anything else from outside.

Colours follow the reader's light or dark page; what tests never took is told by a pattern and a word too, not
by colour alone. Each flow and node has a title for screen readers and for the mouse.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from .layout import Frame, Label, Panel, Picture, Placed, Shape, Wire, lay_out
from .layout.text import LINE
from .marks import Marks
from .model import Chart, Piece, Taken
from .style import CLASS_OF, LEGEND, STYLE

_LEGEND = 34.0
_LAYERS: list[type] = [Frame, Wire, Placed, Label]  # from the bottom to the top
_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
    ' orient="auto"><path class="tip" d="M0 0.5 8 4 0 7.5z"/></marker></defs>'
)


def to_svg(chart: Chart, taken: Taken | None = None) -> str:
    """The text of the file; with `taken` what tests took is painted."""
    picture = lay_out(chart, _LEGEND if taken is not None else 0)
    names = ", ".join(each.name for each in chart.flows)
    size = f'width="{_n(picture.width)}" height="{_n(picture.height)}"'
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" {size}'
        f' viewBox="0 0 {_n(picture.width)} {_n(picture.height)}">'
    )
    lines = [
        root,
        f'<title id="title">{escape(chart.title)}</title>',
        f'<desc id="desc">{escape(f"{chart.doc} The flows {names}, as a diagram.".strip())}</desc>',
        f"<style>{STYLE}</style>",
        _ARROW,
        f'<rect class="page" {size}/>',
        *_heading(chart, picture),
    ]
    painter = _Painter(taken)
    for panel in picture.panels:
        lines += painter.panel(panel)
    if taken is not None:
        lines += _legend(picture)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _n(value: float) -> str:
    """A length, as short as can be."""
    return f"{value:.1f}".removesuffix(".0")


def _heading(chart: Chart, picture: Picture) -> Iterator[str]:
    yield f'<text class="title" x="24" y="38">{escape(chart.title)}</text>'
    for place, each in enumerate(picture.head):
        yield f'<text class="doc" x="24" y="{_n(58 + place * LINE)}">{escape(each)}</text>'


def _legend(picture: Picture) -> Iterator[str]:
    x = 24.0
    for name, said in LEGEND:
        yield (
            f'<rect class="node action {name}" x="{_n(x)}" y="{_n(picture.foot)}" width="26" height="14"/>'
            f'<text class="label" x="{_n(x + 34)}" y="{_n(picture.foot + 11)}">{escape(said)}</text>'
        )
        x += 150


class _Painter:
    def __init__(self, taken: Taken | None) -> None:
        self._marks = Marks(taken)

    def panel(self, panel: Panel) -> Iterator[str]:
        """One flow."""
        yield f'<g transform="translate({_n(panel.x)} {_n(panel.y)})">'
        yield f"<title>{escape(f'flow {panel.flow.name}')}</title>"
        yield f'<rect class="panel" width="{_n(panel.width)}" height="{_n(panel.height)}" rx="10"/>'
        for place, each in enumerate(panel.doc):
            yield f'<text class="doc" x="20" y="{_n(26 + place * LINE)}">{escape(each)}</text>'
        yield f'<g transform="translate({_n(panel.inner_x)} {_n(panel.inner_y)})">'
        for shape in sorted(panel.box.shapes, key=lambda each: _LAYERS.index(type(each))):
            yield self._shape(shape)
        yield "</g></g>"

    def _mark(self, piece: Piece | None) -> str:
        """The classes that say whether tests took it."""
        mark = self._marks.of(piece)
        return f" {mark}" if mark is not None else ""

    def _shape(self, shape: Shape) -> str:
        match shape:
            case Frame():
                return (
                    f'<rect class="frame {shape.kind}{self._mark(shape.piece)}" x="{_n(shape.x)}"'
                    f' y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}" rx="8"/>'
                )
            case Wire():
                return self._wire(shape)
            case Label():
                return self._label(shape)
            case Placed():
                return self._node(shape)

    def _wire(self, wire: Wire) -> str:
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in wire.points)
        arrow = ' marker-end="url(#arrow)"' if wire.is_arrow else ""
        dashed = " dashed" if wire.is_dashed else ""
        return f'<polyline class="wire{dashed}{self._mark(wire.piece)}" points="{points}"{arrow}/>'

    def _label(self, label: Label) -> str:
        mark = self._mark(label.piece)
        middle = ' text-anchor="middle"' if label.anchor == "middle" else ""
        return "".join(
            f'<text class="label{mark}" x="{_n(label.x)}" y="{_n(label.y + place * LINE)}"{middle}>'
            f"{escape(each)}</text>"
            for place, each in enumerate(label.lines)
        )

    def _node(self, placed: Placed) -> str:
        node = placed.node
        marked = self._marks.of_node(node)
        mark = f" {marked}" if marked is not None else ""
        never = ", no test ever came here" if marked == "missed" else ""
        tip = f"<title>{escape(f'line {node.line}{never}')}</title>"
        middle = placed.x + placed.width / 2
        first = placed.y + (placed.height - LINE * len(placed.lines)) / 2 + 12
        text = "".join(
            f'<text class="{"bold" if place < placed.bold else "text"}" x="{_n(middle)}"'
            f' y="{_n(first + place * LINE)}" text-anchor="middle">{escape(each)}</text>'
            for place, each in enumerate(placed.lines)
        )
        classes = f"node {CLASS_OF.get(node.kind, node.kind)}{mark}"
        drawn = f"<g id={quoteattr(node.id)} class={quoteattr(classes)}>{tip}{_outline(placed)}{text}</g>"
        return f"<a href={quoteattr('#' + node.link)}>{drawn}</a>" if node.link is not None else drawn


def _outline(placed: Placed) -> str:
    x, y, w, h = placed.x, placed.y, placed.width, placed.height
    match placed.node.kind:
        case "choice":
            points = ((x, y + h / 2), (x + 12, y), (x + w - 12, y), (x + w, y + h / 2), (x + w - 12, y + h),
                      (x + 12, y + h))  # fmt: skip
            return f'<polygon points="{" ".join(f"{_n(a)},{_n(b)}" for a, b in points)}"/>'
        case "call":
            left, right = f"M{_n(x + 6)} {_n(y)}v{_n(h)}", f"M{_n(x + w - 6)} {_n(y)}v{_n(h)}"
            return f'{_rect(x, y, w, h, 2)}<path d="{left}{right}"/>'
        case "action" | "set":
            return _rect(x, y, w, h, 4)
        case "start":
            return _rect(x, y, w, h, 12)
        case "handler" | "stream":
            return _rect(x, y, w, h, 6)
        case _:
            return _rect(x, y, w, h, 13)


def _rect(x: float, y: float, width: float, height: float, round_by: float) -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(round_by)}"/>'
