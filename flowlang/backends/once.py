"""Twice is once: commands out by their key.

A key that is under way is joined, one that is done gives its result again. How many results are remembered
is limited; the oldest are forgotten. It keeps them in memory: what a crash leaves open is the engine's to
know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flowlang.model.results import Result

from .border import Finish, nothing


@dataclass(slots=True)
class _Doing:
    waiting: list[Finish] = field(default_factory=list[Finish])
    withdraw: Callable[[], None] | None = None


class Once:
    """`limit` is how many results it remembers."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._doing: dict[str, _Doing] = {}
        self._done: dict[str, Result] = {}

    @property
    def under_way(self) -> int:
        """How many commands are not done."""
        return len(self._doing)

    def send(
        self, key: str, finish: Finish, begin: Callable[[Finish], Callable[[], None]]
    ) -> Callable[[], None]:
        """Has `begin` do it, unless the key is known; returns how to cancel it. What `begin` returned is
        called when the last one who wanted it has cancelled."""
        done = self._done.get(key)
        if done is not None:
            finish(done)
            return nothing
        doing = self._doing.get(key)
        if doing is None:
            doing = self._doing[key] = _Doing([finish])
            withdraw = begin(lambda result: self._over(key, doing, result))
            if self._doing.get(key) is doing:
                doing.withdraw = withdraw
        else:
            doing.waiting.append(finish)
        return lambda: self._cancel(key, doing, finish)

    def _over(self, key: str, doing: _Doing, result: Result) -> None:
        if self._doing.get(key) is not doing:
            return
        del self._doing[key]
        self._done[key] = result
        if len(self._done) > self._limit:
            del self._done[next(iter(self._done))]
        waiting, doing.waiting = doing.waiting, []
        for finish in waiting:
            finish(result)

    def _cancel(self, key: str, doing: _Doing, finish: Finish) -> None:
        if finish not in doing.waiting:
            return
        doing.waiting.remove(finish)
        if not doing.waiting and doing.withdraw is not None and self._doing.get(key) is doing:
            del self._doing[key]
            doing.withdraw()
