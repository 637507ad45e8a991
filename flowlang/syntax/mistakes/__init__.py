"""What is said about a text that cannot be read: in the words of its author, not of the parser."""

from .explain import explain

__all__ = ["explain"]
