"""What visitors of the chat are to get, kept until it is old: in a file of the data folder, or in memory.

A message has a number, which only grows; a page that comes back says the last that it has, and gets what is
behind it. Only what is on disk is pushed to anybody, or told to be sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flowlang.backends.border import nothing
from flowlang.backends.group_commit import GroupCommit

FILE = "chat.db"

_KEPT = 7 * 24 * 3600  # seconds
_MOST = 200
"""Messages that a page that comes back is given; more has nobody read."""
_SWEEP = 1_000
"""Messages after which what is old is removed."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    n INTEGER PRIMARY KEY, visitor TEXT NOT NULL, key TEXT NOT NULL UNIQUE, text TEXT NOT NULL, at INTEGER
NOT NULL );
CREATE INDEX IF NOT EXISTS of_visitor ON messages (visitor, n);
CREATE TABLE IF NOT EXISTS epochs (name TEXT NOT NULL);
INSERT INTO epochs SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM epochs);
"""
_SINCE = "SELECT n, visitor, key, text, at FROM messages WHERE visitor = ? AND n > ? ORDER BY n DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class Kept:
    """A message to a visitor. `at` is seconds since 1970; `key` the engine's."""

    n: int
    visitor: str
    key: str
    text: str
    at: int


class Mailbox:
    """Raises `FileError`. `push` is given each message when it is kept; `epoch` is another where numbers
    begin anew."""

    def __init__(self, folder: Path | None, push: Callable[[Kept], None]) -> None:
        self._push = push
        self._file = GroupCommit(folder / FILE if folder is not None else None, _SCHEMA)
        self._coming: dict[str, list[Callable[[], None]]] = {}
        self.epoch = str(self._file.rows("SELECT name FROM epochs")[0][0])
        self._next = int(self._file.rows("SELECT coalesce(max(n), 0) FROM messages")[0][0]) + 1

    def add(self, visitor: str, key: str, text: str, at: int, kept: Callable[[], None]) -> None:
        """A further message; `kept` is called when it is on disk, at once for a key that was here before."""
        if key in self._coming:
            self._coming[key].append(kept)
            return
        if self._file.rows("SELECT 1 FROM messages WHERE key = ?", (key,)):
            kept()
            return
        message = Kept(self._next, visitor, key, text, at)
        self._next += 1
        self._coming[key] = [kept]
        row = (message.n, visitor, key, text, at)
        self._file.write("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", row, lambda: self._is_kept(message))
        if message.n % _SWEEP == 0:
            self._file.write("DELETE FROM messages WHERE at < ?", (at - _KEPT,), nothing)

    def _is_kept(self, message: Kept) -> None:
        self._push(message)
        for kept in self._coming.pop(message.key):
            kept()

    def since(self, visitor: str, n: int) -> list[Kept]:
        """What is kept for a visitor behind a number, oldest first."""
        return [Kept(*row) for row in self._file.rows(_SINCE, (visitor, n, _MOST))][::-1]

    def knows(self, visitor: str) -> bool:
        """Whether anything is kept for a visitor."""
        return bool(self._file.rows("SELECT 1 FROM messages WHERE visitor = ? LIMIT 1", (visitor,)))

    async def run(self) -> None:
        """Writes until cancelled."""
        await self._file.run()

    async def settle(self) -> None:
        """Returns when all is on disk."""
        await self._file.settle()
