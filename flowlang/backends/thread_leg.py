"""A thread as the leg of its activeflow: nothing is said on it, and its end is nobody's."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.model.commands import BackendCommand
from flowlang.model.results import Done

from .border import Finish, nothing


class ThreadLeg:
    """Of whatever began by a message, a webhook or the clock."""

    __slots__ = ()

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """The end of the thread, the one command that comes: done at once."""
        finish(Done())
        return nothing

    def bridge(self, other: object, *, early: bool = False) -> None:
        """There is nothing to hear."""

    def release(self) -> None:
        """Nothing is kept."""
