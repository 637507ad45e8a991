"""SQLite with the few calls that the store makes of it, typed: the rest of the room knows no other names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

DatabaseError = apsw.Error

Row = tuple[Any, ...]

_LOG = 1_000  # pages of 4 KiB in the log: then they are moved into the database, as SQLite does of itself
_BUSY = 5_000
"""Milliseconds that opening, or beginning to write, waits for another connection that writes. Who reads holds
up neither; while he does the log grows, for a passive checkpoint waits for nobody (SQLite,
wal_checkpoint_v2)."""


class Database:
    """A connection. All of it raises `DatabaseError`."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        flags = apsw.SQLITE_OPEN_READONLY if read_only else writing
        self._db: Any = apsw.Connection(str(path), flags=flags)
        self._moved = 0  # of all pages that were logged by this connection
        try:
            self._db.set_busy_timeout(_BUSY)
            if not read_only:
                self._db.pragma("journal_mode", "wal")
                self._db.pragma("synchronous", "full")
                self._db.pragma("secure_delete", "on")  # what is forgotten is not left in pages that are free
                self._db.wal_autocheckpoint(0)  # by itself SQLite tells nobody where moving them fails
        except apsw.Error:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of the file. What was committed is in the log whatever fails here: the next who opens it
        moves it."""
        with suppress(apsw.Error):
            self._db.close()

    def leave_log(self) -> None:
        """From now on nothing of the log is moved into the database, not even by `close`."""
        self._db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)

    def add_function(self, name: str, function: Callable[..., Any]) -> None:
        """Statements may call it."""
        self._db.create_scalar_function(name, function)

    def execute(self, statement: str, values: Iterable[Any] = ()) -> None:
        """Carries out a statement, or several."""
        self._db.execute(statement, tuple(values))

    def many(self, statement: str, rows: Iterable[Row]) -> None:
        """Carries out a statement for each row of values."""
        self._db.executemany(statement, rows)

    def rows(self, query: str, values: Iterable[Any] = ()) -> Iterator[Row]:
        """What a query gives."""
        return iter(self._db.execute(query, tuple(values)))

    def value(self, query: str, values: Iterable[Any] = ()) -> Any:
        """The one value that a query gives, `None` for none."""
        return next(self.rows(query, values), (None,))[0]

    def begin(self) -> None:
        """Begins a transaction that writes."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Ends it; it is on disk when this returns. Where this raises nobody knows whether it is."""
        self._db.execute("COMMIT")
        logged, _ = self._db.status(apsw.SQLITE_DBSTATUS_CACHE_WRITE)
        if logged - self._moved >= _LOG:
            self._moved = logged
            with suppress(apsw.BusyError):  # somebody reads, or moves them: with a later one
                self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def damaged(error: DatabaseError) -> bool:
    """Whether a file is no database, or not whole."""
    return isinstance(error, (apsw.NotADBError, apsw.CorruptError))


def why(error: DatabaseError) -> str:
    """What SQLite says of an error."""
    return str(error).removeprefix(f"{type(error).__name__}: ") or type(error).__name__
