"""A small SQLite file of a backend's own: what is written while one transaction is on its way to the disk is
the next one, on a thread; whoever wrote is told when it is there.

Read is only what is there; who wants what is on its way as well keeps it himself until he is told. Without a
file all is in memory, and there at once. Where the disk is full or fails, what was to be written waits, and
is tried again. Half a character, which SQLite does not take, is `?`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import apsw
import trio

from flowlang.core.json_values import whole_text

from .border import BackendError

_log = logging.getLogger("flowlang.backends")
_AGAIN = 5.0
"""Seconds until a disk that failed is tried again."""

_Row = tuple[Any, ...]


class FileError(BackendError):
    """The file cannot be used; the message is one line."""


class GroupCommit:
    """`schema` is carried out when it is opened; it may be there already. Raises `FileError`."""

    def __init__(self, path: Path | None, schema: str) -> None:
        self._waiting: list[tuple[str, _Row, Callable[[], None]]] = []
        self._wake = trio.Event()
        self._quiet = trio.Event()
        self._quiet.set()
        self._in_memory = path is None
        self._name = name = ":memory:" if path is None else str(path)
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                # Whatever the folder allows; SQLite gives its log the same permissions.
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._writer: Any = apsw.Connection(name)  # its types are partly unknown
            # What is removed is not left in pages that are free.
            settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON"
            self._writer.execute(settings)
            self._writer.execute(schema)
            self._reader: Any = self._writer if path is None else apsw.Connection(name)
        except (apsw.Error, OSError) as error:
            raise FileError(f"{name}: {error}") from None

    def rows(self, query: str, values: _Row = ()) -> list[_Row]:
        """What is there."""
        return list(self._reader.execute(query, _whole(values)))

    def write(self, statement: str, values: _Row, then: Callable[[], None]) -> None:
        """Queues a statement; `then` is called when it is there."""
        self._waiting.append((statement, _whole(values), then))
        if self._quiet.is_set():
            self._quiet = trio.Event()
        self._wake.set()

    async def run(self) -> None:
        """Writes until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            taken, self._waiting = self._waiting, []
            while (why := await self._written(taken)) is not None:
                _log.error("%s; tried again in %.0f s", why, _AGAIN)
                await trio.sleep(_AGAIN)
            for _, _, then in taken:
                then()
            if not self._waiting:
                self._quiet.set()
            await trio.lowlevel.checkpoint()

    async def settle(self) -> None:
        """Returns when all is there."""
        await self._quiet.wait()

    async def _written(self, taken: Iterable[tuple[str, _Row, Callable[[], None]]]) -> str | None:
        """Writes all or nothing; why the disk does not take it."""
        try:
            with trio.CancelScope(shield=True):  # half written is not written
                if self._in_memory:
                    self._write(taken)
                else:
                    await trio.to_thread.run_sync(self._write, taken)
        except (
            apsw.FullError,
            apsw.IOError,
            apsw.BusyError,
            apsw.CantOpenError,
            apsw.ReadOnlyError,
        ) as error:
            return f"{self._name} cannot be written: {error}"
        return None

    def _write(self, taken: Iterable[tuple[str, _Row, Callable[[], None]]]) -> None:
        db = self._writer
        try:
            db.execute("BEGIN IMMEDIATE")
            for statement, values, _ in taken:
                db.execute(statement, values)
            db.execute("COMMIT")
        finally:
            if db.in_transaction:  # SQLite has rolled back by itself where the disk is full
                db.execute("ROLLBACK")


def _whole(values: _Row) -> _Row:
    return tuple(whole_text(each) if isinstance(each, str) else each for each in values)
