"""`make bench-messages` works: a short run ends in its JSON line. What it measures is not judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "benchmarks" / "messages.py"


def test_a_short_run_ends_in_one_line_of_json() -> None:
    command = [sys.executable, str(BENCH), "--conversations", "50", "--seconds", "0.2", "--pages", "20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert list(result) == ["conversations_per_s", "reply_p99_ms", "chat_fanout_ms"]
    assert all(each > 0 for each in result.values())
