"""Twice is once: commands out by their key.

A key that is under way is joined, one that is done gives its result again. How many results are remembered,
and how much of texts in them, is limited; the oldest are forgotten. It keeps them in memory: what a crash
leaves open is the engine's to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome

from .border import Finish, nothing


@dataclass(slots=True)
class _Doing:
    waiting: dict[object, Finish] = field(default_factory=dict[object, Finish])
    withdraw: Callable[[], None] | None = None


class Once:
    """`limit` is how many results it remembers, `most` how many characters of texts in all of them."""

    def __init__(self, limit: int = 10_000, most: int = 20_000_000) -> None:
        self._limit = limit
        self._most = most
        self._texts = 0
        self._doing: dict[str, _Doing] = {}
        self._done: dict[str, tuple[Result, int]] = {}

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
            finish(done[0])
            return nothing
        doing = self._doing.get(key)
        who = object()
        if doing is None:
            doing = self._doing[key] = _Doing({who: finish})
            withdraw = begin(lambda result: self._over(key, doing, result))
            if self._doing.get(key) is doing:
                doing.withdraw = withdraw
        else:
            doing.waiting[who] = finish
        return lambda: self._cancel(key, doing, who)

    def _over(self, key: str, doing: _Doing, result: Result) -> None:
        if self._doing.get(key) is not doing:
            return
        del self._doing[key]
        texts = _texts(result)
        self._done[key] = result, texts
        self._texts += texts
        while len(self._done) > self._limit or self._texts > self._most:
            self._texts -= self._done.pop(next(iter(self._done)))[1]
        waiting, doing.waiting = doing.waiting, {}
        for finish in waiting.values():
            finish(result)

    def _cancel(self, key: str, doing: _Doing, who: object) -> None:
        if doing.waiting.pop(who, None) is None:
            return
        if not doing.waiting and doing.withdraw is not None and self._doing.get(key) is doing:
            del self._doing[key]
            doing.withdraw()


def _texts(value: object) -> int:
    """How many characters of texts are in it."""
    match value:
        case str():
            return len(value)
        case Done(value=inner):
            return _texts(inner)
        case Outcome(fields=fields):
            return _texts(fields)
        case Mapping():
            return sum(map(_texts, value.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case tuple():
            return sum(map(_texts, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return 0
