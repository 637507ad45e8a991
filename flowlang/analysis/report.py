"""Where the checks put what they find. One report a run: at one place a code is said once, and all come out
in the order of the text."""

from __future__ import annotations

import re
from collections.abc import Collection

from flowlang.diagnostics import Diagnostic, Source, Span, near_name

_MAX_COMPARED = 20_000
"""Names compared in one run in search of near ones: about a fifth of a second."""


class Report:
    """Diagnostics of one script or module, collected."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._found: dict[tuple[Span, str], Diagnostic] = {}
        self._compared = 0

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        expected: tuple[str, ...] = (),
        near: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Note one; the same code at the same place a second time is dropped."""
        diagnostic = Diagnostic(code, self.source, span, message, expected, near, hint)
        self._found.setdefault((span, code), diagnostic)

    def near(self, written: str, known: Collection[str]) -> str | None:
        """The name that was probably meant; none any more once very many have been looked for."""
        self._compared += len(known)
        return near_name(written, known) if self._compared <= _MAX_COMPARED else None

    def has(self, code: str, span: Span) -> bool:
        """Whether that was said of this place, or of something in it."""
        return any(
            known == code and span.start <= at.start and at.end <= span.end for at, known in self._found
        )

    @property
    def count(self) -> int:
        """How many there are so far."""
        return len(self._found)

    def line(self, span: Span) -> int:
        """The line on which a span begins, for messages that speak of another place."""
        return self.source.position(span.start).line

    def word(self, span: Span, word: str) -> Span:
        """Where a word stands within a span; the whole span if it does not stand there as such."""
        found = re.compile(rf"\b{re.escape(word)}\b").search(self.source.text, span.start, span.end)
        return Span(*found.span()) if found else span

    def in_order(self) -> tuple[Diagnostic, ...]:
        """All of them, first in the text first; an error before a warning at the same place."""
        return tuple(
            sorted(self._found.values(), key=lambda each: (each.span.start, each.code, each.span.end))
        )
