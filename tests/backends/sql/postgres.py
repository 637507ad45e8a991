"""A PostgreSQL of one's own, for as long as the tests run; the Debian package is in `tools/peers.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def postgresql() -> Iterator[str]:
    """Where it listens: a connection string, for a socket in a folder of its own."""
    if not _PLACES:
        pytest.fail("PostgreSQL is missing; run `make setup-peers`")
    as_root = os.geteuid() == 0  # whom PostgreSQL refuses
    user = {"user": "postgres", "group": "postgres"} if as_root else {}
    folder = Path(tempfile.mkdtemp(prefix="flow-pg-"))

    def call(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_PLACES[-1] / program, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **user,
        )
        assert not done.returncode, done.stderr + done.stdout

    try:
        if as_root:
            shutil.chown(folder, "postgres", "postgres")
        data = str(folder / "data")
        call("initdb", "-D", data, "-A", "trust", "-U", "flow", "--no-sync", "-E", "UTF8", "--locale", "C")
        options = (
            f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections=10"
        )
        call("pg_ctl", "-D", data, "-w", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield f"host={folder} user=flow dbname=postgres"
        finally:
            call("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
