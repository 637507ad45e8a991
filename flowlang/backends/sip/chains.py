"""Chains of our own calls: how many legs of ours stand before a call, so that one that comes back to us again
and again finds an end.

A call of ours that comes in is known by its Call-ID. What the flow of a call starts, and what that starts,
has no caller, and is of its family; of those only so many are remembered, the newest.
"""

from __future__ import annotations

MOST_FAMILIES = 10_000  # some 2 MB


class Chains:
    """Of one backend."""

    def __init__(self) -> None:
        self._placed: dict[str, int] = {}
        self._families: dict[str, int] = {}

    def placed(self, call_id: str, before: int) -> None:
        """We call, with so many legs before."""
        self._placed[call_id] = before

    def over(self, call_id: str) -> None:
        """A call is."""
        self._placed.pop(call_id, None)

    def came(self, call_id: str) -> int:
        """How many legs stand before one that a call that came in is passed on to."""
        return self._placed.get(call_id, 0) + 1

    def taken(self, activeflow: str, before: int) -> None:
        """An activeflow has a call that came in."""
        families = self._families
        families[_family(activeflow)] = before
        if len(families) > MOST_FAMILIES:
            del families[next(iter(families))]

    def of(self, activeflow: str) -> int:
        """How many legs stand before one that an activeflow places without a caller."""
        return self._families.get(_family(activeflow), 0)


def _family(activeflow: str) -> str:
    """What is started has the id of who starts it, and a number behind a dot."""
    return activeflow.partition(".")[0]
