"""The command itself, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FLOW = Path(sys.executable).with_name("flow")


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


def flow(*arguments: str | Path, typed: str = "", folder: Path | None = None) -> Done:
    """Runs `flow` to its end, in `folder`; what it prints is UTF-8."""
    environment = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(
        [FLOW, *arguments],
        input=typed.encode(),
        capture_output=True,
        cwd=folder,
        env=environment,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
