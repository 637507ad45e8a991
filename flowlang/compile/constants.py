"""Constants that cannot be worked out, as a diagnostic: E606, of the line that the constant or route is on,
whatever it calls."""

from __future__ import annotations

from flowlang.analysis import Program
from flowlang.diagnostics import Diagnostic, Span
from flowlang.model.places import file_of

from .runtime.faults import Fault


def wrong_constant(program: Program, fault: Fault) -> Diagnostic:
    """What a fault that `compile_program` raised says to the script's author."""
    file = file_of(fault.line)
    source = next((each for each in program.sources if each.name == file), program.module.source)
    line = source.line(max(1, fault.line))
    start = source.offset(max(1, fault.line)) + len(line) - len(line.lstrip())
    message = f"this constant cannot be worked out: {fault.text}"
    return Diagnostic("E606", source, Span(start, start + len(line.strip())), message)
