"""From any Python exception in a compiled script to a fault with the script's line."""

from __future__ import annotations

from decimal import InvalidOperation, Overflow

from flowlang.compile.runtime.decimals import fault_of_decimals
from flowlang.compile.runtime.faults import Fault, script_line


def as_fault(error: BaseException, line: int) -> Fault:
    """The error as a fault that knows its line: that of the script in the traceback, else `line`. What is no
    fault is one of the language's limits, or a mistake of ours."""
    match error:
        case Fault():
            fault = error
        case InvalidOperation() | Overflow():  # where the compiler took Python's own operation
            fault = fault_of_decimals()
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
