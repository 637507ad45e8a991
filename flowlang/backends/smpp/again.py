"""Messages that an SMSC sends again because the connection broke before it had our answer.

SMPP gives what comes in no id, so we make one. A message is the same as one before, and gets its id, where
the older came on a connection that broke within `DOUBT` seconds of it and all that it says is equal: whoever
writes the same twice writes it on one connection, or later.

What came is known across a crash too: a file has a line for each message, with its hash alone. It is not
forced onto the disk, so it outlives a process, not a loss of power.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .incoming import Text

DOUBT = 60.0
_MOST = 1_000
_MOST_LINES = 10_000

_Came = tuple[float, str, str]
"""When, the hash of what was said, the id."""


class Again:
    """`new_id` makes ids. Seconds are those since 1970. Without a `path` a crash forgets all."""

    def __init__(self, new_id: Callable[[], str], path: Path | None = None) -> None:
        self._new_id = new_id
        self._path = path
        self._begun = path is None
        self._file: int | None = None
        self._lines = 0
        self._came: list[_Came] = []
        self._doubtful: list[_Came] = []

    def id_of(self, text: Text, now: float) -> str:
        """The id of what came."""
        self._begin(now)
        hashed = _hash(text)
        for place, (until, before, found) in enumerate(self._doubtful):
            if before == hashed and now < until:
                del self._doubtful[place]
                self._take((now, hashed, found))
                return found
        message_id = self._new_id()
        self._take((now, hashed, message_id))
        return message_id

    def lost(self, now: float) -> None:
        """The connection broke."""
        recent = [(now + DOUBT, hashed, each) for at, hashed, each in self._came if now - at < DOUBT]
        self._doubtful = [*(each for each in self._doubtful if now < each[0]), *recent][-_MOST:]
        self._came.clear()

    def _take(self, came: _Came) -> None:
        self._came.append(came)
        del self._came[:-_MOST]
        if self._path is None:
            return
        self._lines += 1
        with suppress(OSError):  # a disk that fails costs a repetition at the most
            if self._lines > _MOST_LINES:
                self._write_anew(self._path)
            elif self._file is not None:
                os.write(self._file, _line(came))

    def _begin(self, now: float) -> None:
        """What a former process had is in doubt."""
        if self._begun or self._path is None:
            return
        self._begun = True
        text = ""
        with suppress(OSError):
            text = self._path.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            with suppress(ValueError, TypeError, LookupError):  # what a crash or somebody else wrote
                at, hashed, message_id = json.loads(line)
                self._came.append((float(at), str(hashed), str(message_id)))
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._came = [each for each in self._came if 0 <= now - each[0] < DOUBT][-_MOST:]
            self._write_anew(self._path)
        self.lost(now)

    def _write_anew(self, path: Path) -> None:
        new = path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC | os.O_CLOEXEC
        file = os.open(new, flags, 0o600)
        try:
            for each in self._came:
                os.write(file, _line(each))
            new.replace(path)
        except OSError:
            os.close(file)
            raise
        if self._file is not None:
            os.close(self._file)
        self._file, self._lines = file, 0


def _hash(text: Text) -> str:
    said = json.dumps([text.source, text.to, text.text])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _line(came: _Came) -> bytes:
    return json.dumps(came).encode() + b"\n"
