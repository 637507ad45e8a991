"""A script's text and places in it.

Spans are half-open character offsets into the text; lines and columns, counted from 1 as editors do, are
worked out only when somebody looks.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """From `start` up to but not including `end`, in characters."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From where this begins to where `other` ends."""
        return Span(self.start, other.end)


class Position(NamedTuple):
    """Line and column, both from 1; a tab is one column."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One script: the name shown to people (its path, or `<repl>`) and the text."""

    name: str
    text: str
    _starts: list[int] = field(default_factory=list[int], repr=False)

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts.append(0)
            at = self.text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        return self._starts

    def position(self, offset: int) -> Position:
        """The line and column of a character; one past the end is allowed."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return Position(line, offset - starts[line - 1] + 1)

    def offset(self, number: int) -> int:
        """Where a line, counted from 1, begins."""
        return self._line_starts()[number - 1]

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        starts = self._line_starts()
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")

    def __getitem__(self, span: Span) -> str:
        return self.text[span.start : span.end]
