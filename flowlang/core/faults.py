"""From any Python exception in a compiled script to a fault with the script's line."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from flowlang.compile.runtime.faults import Fault

if TYPE_CHECKING:
    from .strand import Strand


def as_fault(error: BaseException, strand: Strand) -> Fault:
    """The error as a fault that knows its line. What is no fault is one of the language's limits, or a mistake of ours."""
    match error:
        case Fault():
            fault = error
        case RecursionError():
            fault = Fault("depth", "calls are nested too deeply")
        case MemoryError():
            fault = Fault("memory", "there is no memory left for this")
        case _:
            fault = Fault("internal", f"flowlang itself failed: {type(error).__name__}: {error}")
            fault.__cause__ = error
    if not fault.line:
        fault.line = _script_line(error.__traceback__, strand) or strand.line
    fault.__traceback__ = None  # frames of the script would be kept alive with it
    return fault


def _script_line(traceback: TracebackType | None, strand: Strand) -> int:
    """The innermost line of the script in a traceback."""
    line = 0
    while traceback is not None:
        if traceback.tb_frame.f_globals is strand.flow.script.namespace:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
