"""A diagnostic: one thing that is wrong, or doubtful, at one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .source import Position, Source, Span


class Severity(Enum):
    """An error keeps a script from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What is wrong (`message`, one line), where, what was expected and what may have been meant.

    `code` is a key of `CODES` and never changes its meaning. `near` is a name that exists and looks like the
    one written. `hint` says what to do, where `message` and `expected` do not.
    """

    code: str
    source: Source
    span: Span
    message: str
    expected: tuple[str, ...] = ()
    near: str | None = None
    hint: str | None = None

    @property
    def severity(self) -> Severity:
        """By the first letter of the code: `E` or `W`."""
        return Severity.WARNING if self.code.startswith("W") else Severity.ERROR

    @property
    def position(self) -> Position:
        """Where it begins."""
        return self.source.position(self.span.start)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them keeps the script from running."""
    return any(each.severity is Severity.ERROR for each in diagnostics)
