"""The phone in the terminal: one simulated call, heard as text and operated by typing. No socket, no sound.

`flowlang.backends.console.live` is the terminal with a person at it; it loads prompt-toolkit, a pipe does
not.
"""

from .backend import ConsoleBackend
from .piped import PipedTerminal
from .terminal import Terminal

__all__ = ["ConsoleBackend", "PipedTerminal", "Terminal"]
