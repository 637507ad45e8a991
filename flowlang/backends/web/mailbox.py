"""What visitors of the chat are to get, kept until it is old: in a file of the data folder, or in memory.

A message has a number, which only grows; a page that comes back says the last that it has, and gets what is
behind it. Writing waits for the disk on a thread, one transaction for all that came meanwhile; only what is
there is pushed to anybody, or told to be sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import trio

FILE = "chat.db"

_KEPT = 7 * 24 * 3600  # seconds
_MOST = 200
"""Messages that a page that comes back is given; more has nobody read."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    n INTEGER PRIMARY KEY, visitor TEXT NOT NULL, key TEXT NOT NULL UNIQUE, text TEXT NOT NULL, at INTEGER
NOT NULL );
CREATE INDEX IF NOT EXISTS of_visitor ON messages (visitor, n);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message to a visitor. `at` is seconds since 1970; `key` the engine's."""

    n: int
    visitor: str
    key: str
    text: str
    at: int


class MailboxError(Exception):
    """The file cannot be used; the message is one line."""


class Mailbox:
    """Raises `MailboxError`. `push` is given each message when it is kept."""

    def __init__(self, folder: Path | None, push: Callable[[Kept], None]) -> None:
        self._push = push
        self._waiting: list[tuple[Kept, Callable[[], None]]] = []
        self._keys: set[str] = set()
        self._wake = trio.Event()
        self._quiet = trio.Event()
        self._quiet.set()
        name = ":memory:" if folder is None else str(folder / FILE)
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._writer: Any = apsw.Connection(name)  # its types are partly unknown
            self._writer.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            self._writer.execute(_SCHEMA)
            self._reader: Any = self._writer if folder is None else apsw.Connection(name)
        except (apsw.Error, OSError) as error:
            raise MailboxError(f"{name}: {error}") from None
        self._in_memory = folder is None
        self._next = int(self._value("SELECT coalesce(max(n), 0) FROM messages")) + 1

    def add(self, visitor: str, key: str, text: str, at: int, kept: Callable[[], None]) -> None:
        """A further message; `kept` is called when it is on disk, at once for a key that was here before."""
        if key in self._keys:
            self._waiting.append((Kept(0, visitor, key, text, at), kept))  # with the one before
        elif self._value("SELECT count(*) FROM messages WHERE key = ?", (key,)):
            kept()
            return
        else:
            self._keys.add(key)
            self._waiting.append((Kept(self._next, visitor, key, text, at), kept))
            self._next += 1
        self._quiet = trio.Event() if self._quiet.is_set() else self._quiet
        self._wake.set()

    def since(self, visitor: str, n: int) -> list[Kept]:
        """What is kept for a visitor behind a number, oldest first."""
        rows = self._reader.execute(
            "SELECT n, visitor, key, text, at FROM messages WHERE visitor = ? AND n > ? "
            "ORDER BY n DESC LIMIT ?",
            (visitor, n, _MOST),
        )
        return [Kept(*row) for row in rows][::-1]

    async def run(self) -> None:
        """Writes until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            taken, self._waiting = self._waiting, []
            rows = [(each.n, each.visitor, each.key, each.text, each.at) for each, _ in taken if each.n]
            with trio.CancelScope(shield=True):  # half written is not written
                if self._in_memory:
                    self._write(rows)
                else:
                    await trio.to_thread.run_sync(self._write, rows)
            for each, kept in taken:
                self._keys.discard(each.key)
                if each.n:
                    self._push(each)
                kept()
            if not self._waiting:
                self._quiet.set()
            await trio.lowlevel.checkpoint()

    async def settle(self) -> None:
        """Returns when all is on disk."""
        await self._quiet.wait()

    def close(self) -> None:
        """Lets go of the file."""
        self._reader.close()
        self._writer.close()

    def _write(self, rows: list[tuple[int, str, str, str, int]]) -> None:
        with self._writer:
            self._writer.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", rows)
            if rows:
                self._writer.execute("DELETE FROM messages WHERE at < ?", (rows[-1][4] - _KEPT,))

    def _value(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        return next(iter(self._reader.execute(query, values)))[0]
