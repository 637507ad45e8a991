"""`make bench-call` works: a short run of it ends in its JSON line. What it measures is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "benchmarks" / "call.py"


def test_a_short_run_ends_in_one_line_of_json() -> None:
    command = [sys.executable, str(BENCH), "--calls", "3", "--seconds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    result = json.loads(done.stdout.splitlines()[-1])
    assert list(result)[:3] == ["pacing_p99_ms", "cpu_ms_per_call", "failed"]
    assert result["failed"] == 0, done.stdout + done.stderr
    assert result["cpu_ms_per_call"] > 0
