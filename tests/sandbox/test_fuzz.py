"""Programs by chance reach nothing of Python; `make fuzz` runs a hundred thousand of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_programs_by_chance_open_import_and_execute_nothing() -> None:
    command = [sys.executable, "-m", "tests.sandbox.fuzz", "400"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = sum(int(each) for each in re.findall(r"(?:type|done|budget) (\d+)", done.stdout))
    assert ran > 200, done.stdout
