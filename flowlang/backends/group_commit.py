"""A small SQLite file of a backend's own: what is written while one transaction is on its way to the disk is
the next one, on a thread; whoever wrote is told when it is there.

Read is only what is there; who wants what is on its way as well keeps it himself until he is told. Without a
file all is in memory, and there at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import apsw
import trio

from .border import BackendError

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
        name = ":memory:" if path is None else str(path)
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                # Whatever the folder allows; SQLite gives its log the same permissions.
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._writer: Any = apsw.Connection(name)  # its types are partly unknown
            self._writer.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            self._writer.execute(schema)
            self._reader: Any = self._writer if path is None else apsw.Connection(name)
        except (apsw.Error, OSError) as error:
            raise FileError(f"{name}: {error}") from None

    def rows(self, query: str, values: _Row = ()) -> list[_Row]:
        """What is there."""
        return list(self._reader.execute(query, values))

    def write(self, statement: str, values: _Row, then: Callable[[], None]) -> None:
        """Queues a statement; `then` is called when it is there."""
        self._waiting.append((statement, values, then))
        if self._quiet.is_set():
            self._quiet = trio.Event()
        self._wake.set()

    async def run(self) -> None:
        """Writes until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            taken, self._waiting = self._waiting, []
            with trio.CancelScope(shield=True):  # half written is not written
                if self._in_memory:
                    self._write(taken)
                else:
                    await trio.to_thread.run_sync(self._write, taken)
            for _, _, then in taken:
                then()
            if not self._waiting:
                self._quiet.set()
            await trio.lowlevel.checkpoint()

    async def settle(self) -> None:
        """Returns when all is there."""
        await self._quiet.wait()

    def _write(self, taken: Iterable[tuple[str, _Row, Callable[[], None]]]) -> None:
        with self._writer:
            for statement, values, _ in taken:
                self._writer.execute(statement, values)
