"""Digits of the caller's leg that no handler took: for the newest `ask`, or kept for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .strand import Strand


class Digits:
    """Who collects, newest last, and what was typed ahead. Past `limit` kept digits further ones are lost."""

    __slots__ = ("_collectors", "_limit", "_trailing", "kept")

    def __init__(self, limit: int, kept: str = "") -> None:
        self._collectors: tuple[tuple[Strand, Callable[[str], None]], ...] = ()
        self.kept = kept
        """What was typed ahead."""
        self._limit = limit
        self._trailing: tuple[str, int] | None = None

    @property
    def collecting(self) -> list[Strand]:
        """The strands that collect."""
        return [strand for strand, _ in self._collectors]

    def collect(self, strand: Strand, take: Callable[[str], None]) -> None:
        """From now on digits go to `take`."""
        self._collectors = (*self._collectors, (strand, take))

    def stop_collecting(self, strand: Strand) -> None:
        """The strand wants no more; a second time does nothing."""
        self._collectors = tuple(each for each in self._collectors if each[0] is not strand)

    def take_kept(self) -> str | None:
        """The first digit that was typed ahead, taken out."""
        first, self.kept = self.kept[:1], self.kept[1:]
        return first or None

    def expect_terminator(self, terminator: str, until: int) -> None:
        """An `ask` has all its digits: a terminator that comes next, by then, belongs to them."""
        self._trailing = terminator, until

    def add(self, digit: str, at: int) -> int | None:
        """A digit came in that no handler took; the line of the `ask` that has it, `None` where it is
        kept."""
        trailing, self._trailing = self._trailing, None
        if trailing is not None and digit == trailing[0] and at <= trailing[1]:
            return None
        if self._collectors:
            strand, take = self._collectors[-1]
            take(digit)
            return strand.line
        if len(self.kept) < self._limit:
            self.kept += digit
        return None
