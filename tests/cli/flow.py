"""The command line, in this process where that shows the same, as a process of its own where it does not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from flowlang.cli import main

FLOW = Path(sys.executable).with_name("flow")


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


def flow(*arguments: str | Path, typed: str = "", folder: Path = Path()) -> Done:
    """Runs `flow` in `folder` with input that is no terminal. What escapes is a user's traceback."""
    keyboard, out, err = (
        io.TextIOWrapper(io.BytesIO(given), "utf-8", write_through=True)
        for given in (typed.encode(), b"", b"")
    )
    with (
        chdir(folder),
        patch.object(sys, "argv", ["flow", *map(str, arguments)]),
        patch.object(sys, "stdin", keyboard),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, *(each.buffer.getvalue().decode() for each in (out, err)))  # type: ignore[attr-defined]


def flow_process(*arguments: str | Path, typed: str = "", folder: Path = Path()) -> Done:
    """The same as a process."""
    done = subprocess.run(
        [FLOW, *arguments],
        input=typed.encode(),
        capture_output=True,
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
