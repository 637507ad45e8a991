"""Statements as data bases want them: which parts of one are text and comments, and where its values go."""

from __future__ import annotations

import re

# In this order: quoted texts and names (a doubled quote is two such), comments, quoting by `$tag$`.
_PIECES = re.compile(
    r"'[^']*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$|\?", re.DOTALL
)


def numbered(statement: str) -> str:
    """With `$1`, `$2`, … for each `?` that is neither in a text nor in a comment."""
    count = 0

    def put(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"${count}"

    return _PIECES.sub(put, statement)
