"""From any Python exception in a compiled script to a fault with the script's line."""

from __future__ import annotations

from flowlang.compile.names import FILE
from flowlang.compile.runtime.faults import Fault
from flowlang.model.places import Line


def as_fault(error: BaseException, line: int) -> Fault:
    """The error as a fault that knows its line: that of the script in the traceback, else `line`. What is no
    fault is one of the language's limits, or a mistake of ours."""
    match error:
        case Fault():
            fault = error
        case RecursionError():
            fault = Fault("depth", "calls are nested too deeply")
        case MemoryError():
            fault = Fault("memory", "there is no memory left for this")
        case _:
            fault = Fault("internal", f"flowlang itself failed: {type(error).__name__}: {error}")
    if not fault.line:
        fault.line = script_line(error) or line
    fault.__traceback__ = fault.__context__ = None  # frames of the script would be kept alive with them
    return fault


def script_line(error: BaseException) -> int:
    """The innermost line of the script, or of a module of it, in an error's traceback; 0 if there is none."""
    line = 0
    traceback = error.__traceback__
    while traceback is not None:
        namespace = traceback.tb_frame.f_globals
        if FILE in namespace:
            file = namespace[FILE]
            line = traceback.tb_lineno if file is None else Line(traceback.tb_lineno, file)
        traceback = traceback.tb_next
    return line
