"""Colours: on a terminal only, and not where the environment says NO_COLOR (no-color.org)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO

# ECMA-48 SGR parameters.
_CODES = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    """Paints text, or leaves it as it is."""

    colour: bool

    @classmethod
    def of(cls, stream: TextIO) -> Style:
        """The style that suits a stream."""
        return cls(stream.isatty() and not os.environ.get("NO_COLOR"))

    def __call__(self, how: str, text: str) -> str:
        """The text in one of the colours, or unchanged."""
        return f"\x1b[{_CODES[how]}m{text}\x1b[0m" if self.colour and text else text
