"""The waits between attempts: doubled, bounded, and never the same for all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowlang.backends.backoff import Backoff

BACKOFFS = st.builds(
    lambda first, times: Backoff(first, first * times), st.floats(0.001, 60.0), st.floats(1.0, 10_000.0)
)


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.wait(attempt, 0.5) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]


@given(BACKOFFS, st.integers(1, 10**9), st.floats(0.0, 1.0))
def test_a_wait_differs_by_up_to_half_and_stays_in_its_bounds(
    backoff: Backoff, attempt: int, chance: float
) -> None:
    middle = backoff.wait(attempt, 0.5)
    assert backoff.first <= middle <= backoff.longest
    assert 0.5 * middle <= backoff.wait(attempt, chance) <= 1.5 * middle
