"""What an argument may be beyond its type: declared with the parameter, so that the checker says it of a
constant and the engine of any other value in the same words."""

from __future__ import annotations

from dataclasses import dataclass

from .digits import DIGITS
from .values import Duration, Value


@dataclass(frozen=True, slots=True)
class Range:
    """A number or duration from `least` to `most`, both included; without `most` there is no upper end."""

    least: int | Duration
    most: int | Duration | None = None

    @property
    def words(self) -> str:
        """What it may be, as in "at least 1"."""
        return f"at least {self.least}" if self.most is None else f"from {self.least} to {self.most}"

    def misfit(self, value: Value) -> str | None:
        """What it has to be, as in "is at least 1"; `None` where it is so, or is of another type."""
        if not isinstance(value, type(self.least)) or isinstance(value, bool):
            return None
        above = self.most is not None and _below(self.most, value)
        return f"is {self.words}" if above or _below(value, self.least) else None


@dataclass(frozen=True, slots=True)
class Choices:
    """One of a few texts; `told` says which, where there is a shorter way than naming them."""

    of: tuple[str, ...]
    told: str | None = None

    @property
    def words(self) -> str:
        """As that of `Range`."""
        return self.told or _listed(self.of)

    def misfit(self, value: Value) -> str | None:
        """As that of `Range`."""
        return f"is {self.words}" if isinstance(value, str) and value not in self.of else None


def _listed(texts: tuple[str, ...]) -> str:
    return " or ".join(f'"{each}"' for each in texts)


Allowed = Range | Choices

KEY = Choices(("", *DIGITS), 'one key, or "" for none')
"""A key of a phone."""


def _below(one: Value, other: Value) -> bool:
    left = one.microseconds if isinstance(one, Duration) else one
    right = other.microseconds if isinstance(other, Duration) else other
    assert isinstance(left, int) and isinstance(right, int)
    return left < right
