"""Text from a network or a script, made fit for a terminal: no control characters, no endless lines."""

from __future__ import annotations

_LONGEST = 200
_ELLIPSIS = "…"


def printable(text: str, limit: int = _LONGEST) -> str:
    """The text on one line of at most `limit` characters; what cannot be shown (escape sequences, changes of
    writing direction) becomes the replacement character."""
    shown = text[:limit] if len(text) <= limit else text[: limit - 1] + _ELLIPSIS
    if shown.isprintable():
        return shown
    return "".join(each if each.isprintable() else _stand_in(each) for each in shown)


def _stand_in(character: str) -> str:
    return " " if character in "\t\n\r" else "\N{REPLACEMENT CHARACTER}"
