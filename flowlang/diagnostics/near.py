"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_CLOSE_ENOUGH = 0.6  # difflib's own default: two letters exchanged in a word of five still count


def near_name(written: str, known: Iterable[str]) -> str | None:
    """The known name most like the written one, or `None` when none is close."""
    names = sorted(known)
    letters = sorted(written)
    for each in names:  # letters that changed places make the likeliest slip
        if len(each) == len(letters) and sorted(each) == letters:
            return each
    matches = get_close_matches(written, names, n=1, cutoff=_CLOSE_ENOUGH)
    return matches[0] if matches else None
