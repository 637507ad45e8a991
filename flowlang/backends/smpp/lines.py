"""A file that outlives the process: a line of JSON for each thing that happens, written anew when it begins
and now and then, with what counts still.

Lines are not forced onto the disk, so they outlive a process; a loss of power only after `sync`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_MOST = 20_000
"""Lines until it is written anew."""


class Lines:
    """`rest` gives the lines that say all that counts still. Without a `path` nothing is kept. All that it
    does blocks, and raises `OSError`."""

    def __init__(self, path: Path | None, rest: Callable[[], Iterable[Any]]) -> None:
        self._path = path
        self._rest = rest
        self._file: int | None = None
        self._count = 0

    def begin(self, take: Callable[[Any], None]) -> None:
        """Reads what a former process wrote, the first time; a line that makes `take` raise is passed."""
        if self._path is None or self._file is not None:
            return
        text = ""
        with suppress(FileNotFoundError):
            text = self._path.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            # What a crash or somebody else wrote.
            with suppress(ValueError, TypeError, LookupError, RecursionError):
                take(json.loads(line))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._write_anew(self._path)

    def write(self, line: Any) -> None:
        """One more; nothing before it has begun. What it tells has to be in `rest` by then."""
        if self._path is None or self._file is None:
            return
        self._count += 1
        if self._count > _MOST:
            self._write_anew(self._path)
        else:
            os.write(self._file, _line(line))

    def sync(self) -> None:
        """What was written is on the disk when it returns."""
        if self._file is not None:
            os.fsync(self._file)

    def _write_anew(self, path: Path) -> None:
        new = path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC | os.O_CLOEXEC
        file = os.open(new, flags, 0o600)
        try:
            for each in self._rest():
                os.write(file, _line(each))
            os.fsync(file)
            new.replace(path)
        except OSError:
            os.close(file)
            raise
        if self._file is not None:
            os.close(self._file)
        self._file, self._count = file, 0


def _line(line: Any) -> bytes:
    return json.dumps(line).encode() + b"\n"
