"""Diagrams of flows, for people: a checked script in, Mermaid or SVG out.

    chart = chart_of(program)
    print(to_mermaid(chart))
    print(to_svg(chart, taken={Piece("then", span): True, …}))

Equal scripts give equal texts. No I/O. Text from scripts comes out escaped, whatever it holds.
"""

from .build import chart_of
from .mermaid import to_mermaid
from .model import Chart, Piece, Taken
from .svg import to_svg

__all__ = ["Chart", "Piece", "Taken", "chart_of", "to_mermaid", "to_svg"]
