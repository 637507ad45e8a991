"""Where a mistake is, what it is and how it is shown: the room that everything else may use.

A `Diagnostic` is a value, which analysis returns; who raises some raises a `DiagnosticsError`. `render` turns
one into the lines that a person reads: file, line, column, the source line with a caret, what was expected, a
near name.
"""

from .codes import CODES, RETIRED, Code
from .diagnostic import Diagnostic, Severity, has_errors
from .errors import DiagnosticsError, FlowlangError, ScriptError
from .near import near_name
from .render import render, render_json
from .source import Position, Source, Span

__all__ = [
    "CODES",
    "RETIRED",
    "Code",
    "Diagnostic",
    "DiagnosticsError",
    "FlowlangError",
    "Position",
    "ScriptError",
    "Severity",
    "Source",
    "Span",
    "has_errors",
    "near_name",
    "render",
    "render_json",
]
