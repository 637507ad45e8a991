"""A command's key: twice is once, and what is remembered of it is limited."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.backends.border import Finish, nothing
from flowlang.backends.once import Once
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome, Value


class Work:
    """What is begun: `finishes` by key; `withdrawn` are those that nobody wanted any more."""

    def __init__(self, once: Once) -> None:
        self._once = once
        self.finishes: dict[str, Finish] = {}
        self.begun: list[str] = []
        self.withdrawn: list[str] = []
        self.results: list[Result] = []

    def send(self, key: str) -> Callable[[], None]:
        def begin(finish: Finish) -> Callable[[], None]:
            self.begun.append(key)
            self.finishes[key] = finish
            return lambda: self.withdrawn.append(key)

        return self._once.send(key, self.results.append, begin)

    def done(self, key: str, value: Value) -> None:
        self._once.send(key, self.results.append, lambda finish: (finish(Done(value)), nothing)[1])
        if key in self.finishes:
            self.finishes[key](Done(value))


def test_who_comes_again_joins_or_gets_the_result() -> None:
    work = Work(Once())
    work.send("a")
    work.send("a")
    work.finishes["a"](Done(1))
    work.send("a")
    work.finishes["a"](Done(2))  # it was over
    assert (work.begun, work.results) == (["a"], [Done(1)] * 3)


def test_it_is_withdrawn_when_the_last_has_cancelled_and_may_then_be_begun_again() -> None:
    work = Work(Once())
    first, second = work.send("a"), work.send("a")
    first()
    first()
    assert work.withdrawn == []
    second()
    assert work.withdrawn == ["a"]
    work.finishes["a"](Done(1))  # too late
    assert work.results == []
    work.send("a")
    assert work.begun == ["a", "a"]


def test_the_oldest_are_forgotten_by_number_and_by_what_their_texts_take() -> None:
    work = Work(Once(limit=3, most=100))
    for key in "abcd":
        work.done(key, None)
    for key in "dcba":
        work.send(key)
    assert work.begun == ["a"]
    work.done("large", {"text": "x" * 60, "headers": {"a": "y" * 10}})
    work.done("larger", ({"a": "x" * 10}, Outcome("sent", {"id": "x" * 30})))
    for key in ("larger", "large"):
        work.send(key)
    assert work.begun == ["a", "large"]
    work.done("largest", "x" * 101)
    work.send("largest")
    assert work.begun == ["a", "large", "largest"]
