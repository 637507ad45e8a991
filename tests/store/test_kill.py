"""`make kill-engine` in short: nothing acknowledged is lost, nothing is done twice, each call is recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "kill_test.py"


def test_kills_at_each_point_and_at_random_lose_and_double_nothing() -> None:
    done = subprocess.run([sys.executable, TOOL, "8"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert all(result["acknowledged"].values())
    assert (result["lost"], result["doubled"], result["cdr_wrong"]) == (0, 0, 0)
