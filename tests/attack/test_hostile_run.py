"""`make hostile` in short: callers do not notice what strangers send, and nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from .hostile import CALLS, run


@pytest.mark.alone
async def test_strangers_touch_no_call_and_leave_nothing(tmp_path: Path) -> None:
    outcome = await run(tmp_path, 2_000, 100, 2)
    assert (outcome.calls, outcome.kept, outcome.touched) == (CALLS, CALLS, 0)
    assert (outcome.tracebacks, outcome.alive) == (0, True)
    assert outcome.memory <= 1.1
