"""How things of a script are called in the Python that it is compiled to. Every name has a prefix, so that no
name of a script can be one of Python's, or one of ours."""

from __future__ import annotations

STRAND = "S"
"""In a `func` the meter stands there: it needs nothing else, and gets nothing else."""
DEPTH = "D"
FILE = "F"
"""In each namespace of compiled code: the name of the module's source, `None` for the entry script."""

_VARIABLE = "v_"


def variable(name: str) -> str:
    """A variable or parameter."""
    return _VARIABLE + name


def variable_of(python_name: str) -> str | None:
    """The variable's name in the script; `None` for a name that is not a variable's."""
    return python_name.removeprefix(_VARIABLE) if python_name.startswith(_VARIABLE) else None


def constant(name: str) -> str:
    """A `const`."""
    return "k_" + name


def flow(name: str) -> str:
    """A flow's coroutine function."""
    return "f_" + name


def function(name: str) -> str:
    """A `func`."""
    return "g_" + name


def version(name: str, number: int) -> str:
    """A `func` compiled for arguments of known kinds."""
    return f"z{number}_{name}"


def stream(name: str) -> str:
    """The variable that holds a stream."""
    return "t_" + name


def primitive(name: str) -> str:
    """Something of ours that compiled scripts call."""
    return "x_" + name


def built_in(name: str) -> str:
    """A built-in function."""
    return "h_" + name


def pooled(number: int) -> str:
    """A constant value that Python has no literal for."""
    return f"c_{number}"
