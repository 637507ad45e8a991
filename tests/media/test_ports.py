"""Which RTP port the next call gets: one by chance, and none just had by another while there are more."""

from __future__ import annotations

import random

from flowlang.backends.media.ports import REST, Ports


def ports(seed: int = 1) -> Ports:
    return Ports(4000, 4018, random.Random(seed))


def taken(free: Ports, now: float, *, count: int = 10, busy: frozenset[int] = frozenset()) -> list[int]:
    """The next ports, while those of others cannot be bound."""
    bound: list[int] = []

    def bind(port: int) -> bool:
        if port in busy:
            return False
        bound.append(port)
        return True

    for _ in range(count):
        free.take(bind, now)
    return bound


def test_each_even_port_is_taken_once_in_an_order_of_chance() -> None:
    first, second = taken(ports(), 0), taken(ports(seed=2), 0)
    assert sorted(first) == sorted(second) == list(range(4000, 4019, 2))
    assert first != second
    assert len(taken(ports(), 0, count=20)) == 10


def test_a_port_rests_before_the_next_call_gets_it() -> None:
    free = ports()
    had = taken(free, 0, count=3)
    for port in had:
        free.give_back(port, 1)
    others = taken(free, 2, count=7)
    assert not set(others) & set(had)
    assert taken(free, 2, count=3) == had, "none else is left: the one that is free for the longest"


def test_a_port_that_has_rested_is_as_good_as_any() -> None:
    free = ports()
    for port in (had := taken(free, 0)):
        free.give_back(port, 1)
    assert sorted(rested := taken(free, 1 + REST)) == sorted(had)
    assert rested != had


def test_a_port_of_another_program_is_passed_over_and_tried_again_when_nothing_else_is_left() -> None:
    free = ports()
    busy = frozenset({4002, 4010})
    assert sorted(taken(free, 0, busy=busy)) == [4000, 4004, 4006, 4008, 4012, 4014, 4016, 4018]
    assert sorted(taken(free, 0)) == sorted(busy)
