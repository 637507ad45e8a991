"""A token: what the lexer hands to the parser."""

from __future__ import annotations

from typing import NamedTuple

from flowlang.diagnostics import Span

END = "$END"  # Lark's name for the end of the text
BAD = "BAD"  # a character that begins no token
TOO_DEEP = "TOO_DEEP"  # a bracket that goes past the limit of nesting


class Token(NamedTuple):
    """A terminal of the grammar (`kind`), its text and where it stands."""

    kind: str
    text: str
    span: Span
