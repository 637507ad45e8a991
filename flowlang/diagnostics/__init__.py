"""Where a mistake is, what it is and how it is shown: the room that everything else may use.

A `Diagnostic` is a value; analysis returns them, nothing here raises. `render` turns one into the lines that
a person reads: file, line, column, the source line with a caret, what was expected, a near name.
"""

from .codes import CODES, Code
from .diagnostic import Diagnostic, Severity, has_errors
from .near import near_name
from .render import render, render_json
from .source import Position, Source, Span

__all__ = [
    "CODES",
    "Code",
    "Diagnostic",
    "Position",
    "Severity",
    "Source",
    "Span",
    "has_errors",
    "near_name",
    "render",
    "render_json",
]
