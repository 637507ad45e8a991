"""`make kill-test` in short: of what `flow serve` told others nothing is lost when it is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kill.verdict import WRONG
from tests.kill.victim import PLACES, place

ROOT = Path(__file__).resolve().parents[2]
KILLS = 4  # two at random, two at points: the last life takes longer than they do


@pytest.mark.parametrize("name", PLACES)
def test_a_point_is_at_a_function_that_there_is(name: str) -> None:
    owner, function = place(name)
    assert callable(getattr(owner, function))


def test_kills_at_random_and_at_points_lose_and_double_nothing() -> None:
    command = [sys.executable, "-m", "tests.kill", str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["kills"] == KILLS
    assert result["acknowledged"] > 0
    assert {name: result[name] for name in WRONG if result[name]} == {}
