"""`make kill-test` in short: of what `flow serve` told others nothing is lost when it is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kill.victim import PLACES, place

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", PLACES)
def test_a_point_is_at_a_function_that_there_is(name: str) -> None:
    owner, function = place(name)
    assert callable(getattr(owner, function))


def test_kills_at_random_and_at_points_lose_and_double_nothing() -> None:
    command = [sys.executable, "-m", "tests.kill", "8"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["kills"] == 8
    assert result["acknowledged"] > 0
    assert result["calls_answered"] > 0
    assert (result["lost"], result["doubled"], result["cdr_wrong"], result["messages_wrong"]) == (0, 0, 0, 0)
