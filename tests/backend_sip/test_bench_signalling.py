"""`make bench-signalling` works: a short run ends in its JSON line. What it measures is not judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "benchmarks" / "signalling.py"


def test_a_short_run_ends_in_one_line_of_json() -> None:
    command = [sys.executable, str(BENCH), "--cps", "20", "--seconds", "1", "--held", "20", "--most", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    result = json.loads(done.stdout.splitlines()[-1])
    assert list(result) == ["failed", "cpu_ms_per_call", "max_clean_cps", "kib_per_call", "vs_echo"]
    assert result["failed"] == 0, done.stdout + done.stderr
    assert result["cpu_ms_per_call"] > 0
    assert result["kib_per_call"] is not None, "the calls were not up at once"
