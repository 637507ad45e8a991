"""The benchmark of parked activeflows runs and tells its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "parked.py"


def test_it_tells_memory_and_time_to_wake() -> None:
    command = [sys.executable, BENCHMARK, "200", "20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["parked_mib"] < 150
    assert result["wake_p99_ms"] > 0
