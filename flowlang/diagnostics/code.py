"""What stands behind a code such as `E201`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A title of a few words and an explanation of a few sentences."""

    title: str
    explanation: str
