"""The clock of the office."""

from __future__ import annotations

import pytest
from trio.testing import MockClock


@pytest.fixture
def clock() -> MockClock:
    """Jumps when nothing more comes from the loopback, where a datagram is on its way for some 50 µs."""
    return MockClock(autojump_threshold=0.001)
