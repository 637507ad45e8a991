"""A diagnostic: one thing that is wrong, or doubtful, at one place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .source import Position, Source, Span


class Severity(Enum):
    """An error keeps a script from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


_LONGEST = 2_000  # characters of a message
_LONG_WORD = re.compile(r"(\S{100})\S{100,}")  # a name or path that floods the screen


def _short(text: str) -> str:
    """What a script repeats in a message may be a mebibyte long."""
    short = _LONG_WORD.sub(r"\1…", text) if len(text) > 200 else text
    return short if len(short) <= _LONGEST else short[: _LONGEST - 1] + "…"


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

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _short(self.message))
        for name in ("near", "hint"):
            object.__setattr__(self, name, getattr(self, name) and _short(getattr(self, name)))
        object.__setattr__(self, "expected", tuple(map(_short, self.expected)))

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
