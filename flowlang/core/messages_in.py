"""Messages that came in and that no handler took: for the newest `ask` of the thread, or kept for whoever
wants the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.model.values import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from .strand import Strand


class MessagesIn:
    """Who asks, newest last, and what came before anybody asked. Past `limit` kept messages further ones are
    lost. `last` is the id of the thread's newest message, to which a reply refers."""

    __slots__ = ("_asking", "_kept", "_limit", "last")

    def __init__(self, limit: int, kept: tuple[Outcome, ...] = (), last: str | None = None) -> None:
        self.last = last
        self._asking: list[tuple[Strand, Callable[[Outcome], None]]] = []
        self._kept = list(kept)
        self._limit = limit

    @property
    def asking(self) -> list[Strand]:
        """The strands that ask."""
        return [strand for strand, _ in self._asking]

    @property
    def kept(self) -> tuple[Outcome, ...]:
        """Those that wait for somebody."""
        return tuple(self._kept)

    def ask(self, strand: Strand, take: Callable[[Outcome], None]) -> None:
        """From now on messages of the thread go to `take`."""
        self._asking.append((strand, take))

    def stop_asking(self, strand: Strand) -> None:
        """The strand wants no more; a second time does nothing."""
        self._asking = [each for each in self._asking if each[0] is not strand]

    def take_kept(self, wants: Callable[[Outcome], bool]) -> Outcome | None:
        """The oldest kept one that somebody wants, taken out."""
        for place, kept in enumerate(self._kept):
            if wants(kept):
                return self._kept.pop(place)
        return None

    def add(self, message: Outcome, *, of_thread: bool) -> tuple[bool, int | None]:
        """One came in that no handler took: whether anybody will have it, and the line of the `ask` that
        does, `None` where it is kept."""
        if of_thread and self._asking:
            strand, take = self._asking[-1]
            take(message)
            return True, strand.line
        if len(self._kept) >= self._limit:
            return False, None
        self.keep(message)
        return True, None

    def keep(self, message: Outcome) -> None:
        """It waits for somebody, also where it was for one who wants it no more."""
        self._kept.append(message)
