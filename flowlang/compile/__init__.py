"""From a checked program to Python code objects.

A flow becomes a coroutine, a `func` a plain function; each keeps the script's lines, so that a traceback
points there. Nothing of Python can be reached from what is compiled: names have prefixes, `__builtins__` is
empty, and values are only touched by `flowlang.compile.runtime`.
"""

from .constants import wrong_constant
from .frame import Cover
from .loose import evaluate, evaluate_arguments
from .script import CompiledRoute, Script, Target, compile_program

__all__ = [
    "CompiledRoute",
    "Cover",
    "Script",
    "Target",
    "compile_program",
    "evaluate",
    "evaluate_arguments",
    "wrong_constant",
]
