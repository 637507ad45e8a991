"""`make kill-engine` in short: nothing acknowledged is lost, nothing is done twice, each call is recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_kills_at_each_point_and_at_random_lose_and_double_nothing() -> None:
    command = [sys.executable, "-m", "tools.kill_engine", "8"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert all(result["acknowledged"].values())
    assert (result["lost"], result["doubled"], result["cdr_wrong"]) == (0, 0, 0)
    assert result["never_reached"] == []
