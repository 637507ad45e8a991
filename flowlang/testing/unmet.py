"""That a statement of a test was not met."""

from __future__ import annotations

from flowlang.diagnostics import Span


class Unmet(Exception):
    """A statement failed; `unfound` see `results.Failure`."""

    def __init__(
        self,
        span: Span,
        message: str,
        expected: str | None = None,
        unfound: frozenset[int] = frozenset(),
    ) -> None:
        super().__init__(message)
        self.span = span
        self.message = message
        self.expected = expected
        self.unfound = unfound
