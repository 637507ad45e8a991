"""Scripts that want too much: each class ends in its error, on a line, soon and with little memory.

Times and memory here have room for a busy machine; `make bench-language` has the exact figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .classes import CLASSES

MEASURED = """
import json, resource, sys, time
from tests.sandbox.running import run
run('flow main { log "warm" }')
text = sys.stdin.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
found = run(text)
seconds = time.process_time() - began
print(json.dumps([found, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))
"""
_SECONDS = 1.0
_KIB = 48 * 1024


@pytest.mark.parametrize("name", CLASSES)
def test_a_script_that_wants_too_much_ends_in_an_error_that_names_the_line(name: str) -> None:
    text, code = CLASSES[name]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    found, seconds, kib = json.loads(done.stdout)
    assert found is not None
    assert found[0] == code
    assert found[1] > 0
    assert seconds < _SECONDS
    assert kib < _KIB
