"""The benchmark of the language runs and gives every figure. How good they are depends on the machine: not
judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "benchmarks" / "language.py"
FIGURES = {
    "loop_vs_native", "recursion_vs_native", "template_vs_native", "decimal_vs_native", "parse_vs_cpython",
    "check_vs_cpython", "check_vs_python", "idle_kib", "deadlines_100k_s", "reaction_p99_ms",
}  # fmt: skip


def test_the_short_benchmark_gives_every_figure() -> None:
    command = [sys.executable, str(BENCH), "--short"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures.keys() == FIGURES
    assert all(each > 0 for each in figures.values())
