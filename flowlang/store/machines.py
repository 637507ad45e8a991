"""Which addresses are machines' (see `flowlang.core.manners`), in a file of the data folder: a line for each
that something automatic came from, with the time in seconds.

It is remembered for a day, and no more of it than `Machines` keeps: the file is written anew as it is opened,
and where it has grown. A line is not waited for on the disk: with one that a loss of power takes a loop goes
on a few messages longer.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from flowlang.core.manners import Machines
from flowlang.model.values import DAY, HOUR, SECOND

from .files import unusable, write_whole

FILE = "machines"
_MOST_LINES = 50_000


class KnownMachines(Machines):
    """Raises `StoreError` where the file cannot be used."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / FILE
        self._written: dict[str, int] = {}
        self._lines = 0
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = self._path.read_bytes().decode("utf-8", "replace") if self._path.exists() else ""
            self._read(text)
            self._file = self._rewritten()
        except OSError as error:
            raise unusable(self._path, error) from None

    def put(self, person: str, at: int) -> None:
        """Something automatic came from there."""
        super().put(person, at)
        if at - self._written.get(person, -DAY) < HOUR or not person.isprintable():
            return
        self._written[person] = at
        with suppress(OSError):  # what is in memory goes on
            if self._lines >= _MOST_LINES:
                os.close(self._file)
                self._file = self._rewritten()
            else:
                os.write(self._file, _line(person, at))
                self._lines += 1

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)

    def _read(self, text: str) -> None:
        """The lines of a day, counted from the newest: no clock is asked."""
        found: dict[str, int] = {}
        for line in text.split("\n"):
            at, space, person = line.partition(" ")
            if space and person and at.isascii() and at.isdigit() and len(at) <= 12:
                found.pop(person, None)
                found[person] = int(at) * SECOND
        newest = max(found.values(), default=0)
        for person, at in found.items():
            if newest - at < DAY:
                super().put(person, at)

    def _rewritten(self) -> int:
        """A file with what is known, opened to be added to."""
        self._written = dict(self.all())
        self._lines = len(self._written)
        new = self._path.with_suffix(".new")
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            write_whole(file, b"".join(_line(*each) for each in self._written.items()))
            new.replace(self._path)
        except OSError:
            os.close(file)
            raise
        return file


def _line(person: str, at: int) -> bytes:
    return f"{at // SECOND} {person}\n".encode("utf-8", "replace")
