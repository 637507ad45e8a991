"""Where the kill harnesses kill: at random and at each point, again where none was killed at its turn."""

from __future__ import annotations

from collections import Counter

from tools.killing import RANDOM, never_reached, turns

POINTS = "a", "b", "c", "hidden"


def killed(kills: int) -> tuple[Counter[str], Counter[str]]:
    """How often each had its turn, and was reached, where one never is."""
    tried: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    for point in turns(kills, POINTS, reached):
        tried[point] += 1
        reached[point] += point != "hidden"
    return tried, reached


def test_every_other_kill_is_at_random_and_each_point_has_its_turn() -> None:
    tried, _ = killed(8)
    assert tried == {RANDOM: 4, **dict.fromkeys(POINTS, 1)}


def test_a_point_that_was_not_reached_has_twice_as_many_turns() -> None:
    tried, _ = killed(40)
    assert (tried["a"], tried["hidden"]) == (4, 8)


def test_a_point_is_never_reached_only_where_it_had_its_turn() -> None:
    assert never_reached(POINTS, killed(6)[1], 6) == []
    assert never_reached(POINTS, killed(8)[1], 8) == ["hidden"]
