"""What an action has begun and has to end however it is left."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType


class Undoing:
    """`with Undoing(undo):` calls `undo` at the end of its block, reached or left early; not where the
    coroutine is dropped, for then nothing of a script may run."""

    __slots__ = ("_undo",)

    def __init__(self, undo: Callable[[], None]) -> None:
        self._undo = undo

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is not GeneratorExit:
            self._undo()
