"""How long to wait before what failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_DOUBLINGS = 60
"""More would make no float that is worth having."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """In seconds: each wait is twice the one before, from `first` up to `longest`, and differs by up to half,
    so that a thousand that failed together do not come back together."""

    first: float
    longest: float

    def wait(self, attempt: int, chance: float) -> float:
        """After the attempt of that number, from 1, failed. `chance` is from 0 to 1."""
        return min(self.first * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS), self.longest) * (0.5 + chance)
