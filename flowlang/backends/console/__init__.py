"""The phone in the terminal: one simulated call, heard as text and operated by typing. No socket, no
sound."""

from .backend import ConsoleBackend
from .live import open_live_terminal
from .piped import PipedTerminal
from .terminal import Terminal

__all__ = ["ConsoleBackend", "PipedTerminal", "Terminal", "open_live_terminal"]
