"""The whole picture: a panel for each flow, the panels in rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flowlang.graph.model import Chart, FlowChart

from .blocks import block_box
from .shapes import Box
from .text import LINE, width_of, wrapped

MARGIN = 24.0
_PAD = 20.0
_ROW = 1200.0
"""A row of panels is no wider, unless one panel alone is."""
_TITLE = 18.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One flow. `x` and `y` are where its box stands in the picture; `doc` are lines above its diagram."""

    flow: FlowChart
    x: float
    y: float
    width: float
    height: float
    doc: tuple[str, ...]
    box: Box
    inner_x: float
    inner_y: float


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it. `head` are the lines below the title; `foot` is where the legend may begin."""

    width: float
    height: float
    head: tuple[str, ...]
    foot: float
    panels: tuple[Panel, ...]


def lay_out(chart: Chart, legend: float = 0) -> Picture:
    """Places every flow; `legend` is the height to be kept at the bottom."""
    drawn = [(each, block_box(each.block)) for each in chart.flows]
    row = max([_ROW, *(box.width + 2 * _PAD for _, box in drawn)])
    head = wrapped(chart.doc, row)
    top = MARGIN + _TITLE + LINE * len(head) + LINE
    panels: list[Panel] = []
    for flow, box in drawn:
        panel = _panel(flow, box)
        x, y = _place(panel, panels, row, top)
        panels.append(replace(panel, x=x, y=y))
    texts = [width_of(chart.title, 16, bold=True), *map(width_of, head)]
    widest = max([*texts, *(each.x + each.width - MARGIN for each in panels)])
    foot = max((each.y + each.height for each in panels), default=top) + MARGIN
    return Picture(widest + 2 * MARGIN, foot + legend, head, foot, tuple(panels))


def _place(panel: Panel, others: list[Panel], row: float, top: float) -> tuple[float, float]:
    """As high up as it fits below those that stand already, then as far left; never above the one before,
    so that the order of the script can be followed."""
    found: list[tuple[float, float]] = []
    least = others[-1].y if others else top
    for x in {MARGIN, *(each.x + each.width + MARGIN for each in others)}:
        if x + panel.width > MARGIN + row and x > MARGIN:
            continue
        below = (
            each.y + each.height + MARGIN
            for each in others
            if each.x < x + panel.width + MARGIN and x < each.x + each.width + MARGIN
        )
        found.append((max([least, *below]), x))
    y, x = min(found)
    return x, y


def _panel(flow: FlowChart, box: Box) -> Panel:
    width = max(box.width, 160.0) + 2 * _PAD
    doc = wrapped(flow.doc, width - 2 * _PAD)
    above = _PAD + LINE * len(doc) + (8 if doc else 0)
    inner = (width - box.width) / 2
    return Panel(flow, 0, 0, width, above + box.height + _PAD, doc, box, inner, above)
