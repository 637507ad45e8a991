"""Up to when each schedule has been seen to, kept in a file so that a restart knows what it missed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, cast


class Marks:
    """Microseconds since 1970 by the name of a schedule. Without a path they live as long as the process. A
    file that cannot be read counts as none."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._marks: dict[str, int] = {}
        if path is not None:
            with suppress(OSError, ValueError):
                given = json.loads(path.read_text(encoding="utf-8"))
                entries = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
                self._marks = {name: at for name, at in entries.items() if type(at) is int}

    def get(self, name: str) -> int | None:
        """Up to when."""
        return self._marks.get(name)

    def put(self, name: str, at: int) -> None:
        """In the file when it returns; not forced onto the disk, for a loop that has 20 ms must not wait for
        that, and who loses power is caught up. Raises `OSError`."""
        self._marks[name] = at
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._marks), encoding="utf-8")
        new.replace(self._path)
