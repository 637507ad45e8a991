"""Where everything stands in the picture: text is measured, and blocks become boxes within boxes.

All lengths are in pixels at the size of the font that `text.py` gives. What lies side by side never overlaps,
since each box knows its width; lines go straight down, or along lanes that no node stands in.
"""

from .panels import Panel, Picture, lay_out
from .shapes import Frame, Label, Placed, Shape, Wire

__all__ = ["Frame", "Label", "Panel", "Picture", "Placed", "Shape", "Wire", "lay_out"]
