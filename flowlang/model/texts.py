"""What a text may hold where it becomes a line of something."""

from __future__ import annotations

import unicodedata

_NO_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of a character, and what begins another line or paragraph."""


def is_one_line(text: str) -> bool:
    """Whether it stays one line of a header wherever that is read."""
    return not any(unicodedata.category(each) in _NO_LINE for each in text)
