"""What was seen while a test ran, in order: the table under a failure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """Something at a time, in microseconds since 1970: who, and what of him. `cut`: it was not heard to its
    end."""

    at: int
    who: str
    what: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class SeenFault:
    """A fault that no `catch` took. `ended`: it ended its activeflow, no `else` took over."""

    at: int
    flow: str
    code: str
    text: str
    line: int
    ended: bool
