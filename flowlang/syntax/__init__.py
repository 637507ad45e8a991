"""Text to tree (`parse`) and, later, tree to text. No I/O: the text comes in as a `Source`."""

from .parser import ParseResult, parse

__all__ = ["ParseResult", "parse"]
