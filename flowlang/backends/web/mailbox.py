"""What visitors of the chat are to get, kept until it is old: in a file of the data folder, or in memory.

A message has a number, which only grows; a page that comes back says the last that it has, and gets what is
behind it. Only what is on disk is pushed to anybody, or told to be sent. A text with a secret in it is there
as ciphertext, of which nobody gets anything where its key is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trio

from flowlang.backends.border import nothing
from flowlang.backends.group_commit import GroupCommit
from flowlang.model.plain import SealedError, Sealing, from_plain
from flowlang.model.secrets import is_secret

FILE = "chat.db"

_KEPT = 7 * 24 * 3600  # seconds
_MOST = 200
"""Messages that a page that comes back is given; more has nobody read."""
_SWEEP = 3_600.0
"""Seconds between two looks for what is old."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    n INTEGER PRIMARY KEY, visitor TEXT NOT NULL, key TEXT NOT NULL UNIQUE, text TEXT NOT NULL, at INTEGER
NOT NULL );
CREATE INDEX IF NOT EXISTS of_visitor ON messages (visitor, n);
CREATE TABLE IF NOT EXISTS epochs (name TEXT NOT NULL);
INSERT INTO epochs SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM epochs);
"""
# Ciphertext is a BLOB: no text that somebody is sent can be mistaken for it.
_SINCE = "SELECT n, visitor, key, text, at FROM messages WHERE visitor = ? AND n > ? ORDER BY n DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message to a visitor. `at` is seconds since 1970; `key` the engine's."""

    n: int
    visitor: str
    key: str
    text: str
    at: int


class Mailbox:
    """Raises `FileError`. `push` is given each message when it is kept; `epoch` is another where numbers
    begin anew. Without `sealing` a file takes no secrets."""

    def __init__(
        self, folder: Path | None, push: Callable[[ChatMessage], None], sealing: Sealing | None = None
    ) -> None:
        self._push = push
        self._sealing = sealing
        self._in_memory = folder is None
        self._file = GroupCommit(folder / FILE if folder is not None else None, _SCHEMA)
        self._coming: dict[str, list[Callable[[], None]]] = {}
        self.epoch = str(self._file.rows("SELECT name FROM epochs")[0][0])
        self._next = int(self._file.rows("SELECT coalesce(max(n), 0) FROM messages")[0][0]) + 1

    def add(self, visitor: str, key: str, text: str, at: int, kept: Callable[[], None]) -> None:
        """A further message; `kept` is called when it is on disk, at once for a key that was here before.
        Raises `SealedError`, or what `Sealing` does, for a secret that cannot be kept."""
        if key in self._coming:
            self._coming[key].append(kept)
            return
        if self._file.rows("SELECT 1 FROM messages WHERE key = ?", (key,)):
            kept()
            return
        written = self._written(text)
        message = ChatMessage(self._next, visitor, key, str(text), at)
        self._next += 1
        self._coming[key] = [kept]
        row = (message.n, visitor, key, written, at)
        self._file.write("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", row, lambda: self._is_kept(message))

    def _is_kept(self, message: ChatMessage) -> None:
        self._push(message)
        for kept in self._coming.pop(message.key):
            kept()

    def since(self, visitor: str, n: int) -> list[ChatMessage]:
        """What is kept for a visitor behind a number, oldest first."""
        rows = self._file.rows(_SINCE, (visitor, n, _MOST))[::-1]
        read = ((number, key, self._read(text), at) for number, _, key, text, at in rows)
        return [
            ChatMessage(number, visitor, key, text, at) for number, key, text, at in read if text is not None
        ]

    def knows(self, visitor: str) -> bool:
        """Whether anything is kept for a visitor."""
        return bool(self._file.rows("SELECT 1 FROM messages WHERE visitor = ? LIMIT 1", (visitor,)))

    async def run(self, now: Callable[[], int]) -> None:
        """Writes, and removes what is old, until cancelled; `now` is in seconds since 1970."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._file.run)
            while True:
                await trio.sleep(_SWEEP)
                self._file.write("DELETE FROM messages WHERE at < ?", (now() - _KEPT,), nothing)

    async def settle(self) -> None:
        """Returns when all is on disk."""
        await self._file.settle()

    def _written(self, text: str) -> str | bytes:
        if self._in_memory or not is_secret(text):
            return str(text)
        if self._sealing is None:
            raise SealedError("a secret cannot be kept for the chat: it was given no key for it")
        return self._sealing.encode({"$secret": str(text)}).encode()

    def _read(self, written: str | bytes) -> str | None:
        """The text, `None` where nobody can read it any more."""
        if isinstance(written, str):
            return written
        if self._sealing is None:
            return None
        try:
            return str(from_plain(self._sealing.decode(written.decode())))
        except SealedError:
            return None
