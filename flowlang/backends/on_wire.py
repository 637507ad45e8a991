"""Which messages may have reached the other side, kept across a crash of the process.

A mark is written just before the bytes that give a message away, and taken back where the other side refused
it. A message that comes again under a key that a former process had marked is not sent again: nobody knows
what became of it, and twice would be worse. Marks are not forced onto the disk: they outlive a process, not a
loss of power.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock

_LARGEST = 1_000_000
"""Bytes of a file of marks, about 30,000: more than any backend has under way. Then the next begins, and the
one before the last is forgotten."""


class OnWire:
    """`path` is where the marks are; without one they are not kept. The file is read and opened when it is
    first needed. It may be used by several threads. A disk that fails keeps no message back."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._former: set[str] | None = None
        self._file: int | None = None
        self._size = 0
        self._lock = Lock()

    def before(self, key: str) -> bool:
        """Whether a former process may have given it away."""
        with self._lock:
            return self._path is not None and _name(key) in self._start(self._path)

    def begin(self, key: str) -> None:
        """It is about to be given away."""
        self._write("+", key)

    def undo(self, key: str) -> None:
        """The other side has not taken it, for certain."""
        self._write("-", key)

    def _write(self, sign: str, key: str) -> None:
        if self._path is None:
            return
        with self._lock:
            self._start(self._path)
            if self._size > _LARGEST:
                self._open(self._path)
            if self._file is not None:
                with suppress(OSError):
                    self._size += os.write(self._file, f"{sign}{_name(key)}\n".encode("ascii"))

    def _start(self, path: Path) -> set[str]:
        if self._former is not None:
            return self._former
        former = self._former = set[str]()
        for each in (_older(path), path):
            with suppress(OSError):
                _load(each.read_text(encoding="ascii", errors="replace"), former)
        self._open(path)
        return former

    def _open(self, path: Path) -> None:
        """The file, or the next one where it is full."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > _LARGEST:
                path.replace(_older(path))
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._file = os.open(path, flags, 0o600)
            self._size = os.fstat(self._file).st_size


def _older(path: Path) -> Path:
    return path.with_suffix(".old")


def _load(text: str, marked: set[str]) -> None:
    for line in text.splitlines():
        if line[:1] == "+":
            marked.add(line[1:])
        elif line[:1] == "-":
            marked.discard(line[1:])


def _name(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
