"""From any Python exception in a compiled script to a fault with the script's line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.compile.runtime.faults import Fault

if TYPE_CHECKING:
    from flowlang.compile import Script


def as_fault(error: BaseException, script: Script, line: int) -> Fault:
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
        fault.line = script_line(error, script) or line
    fault.__traceback__ = fault.__context__ = None  # frames of the script would be kept alive with them
    return fault


def script_line(error: BaseException, script: Script) -> int:
    """The innermost line of the script in an error's traceback; 0 if there is none."""
    line = 0
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_globals is script.namespace:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
