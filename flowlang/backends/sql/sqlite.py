"""A data base in a file, by SQLite. It blocks: for one worker thread.

A statement reaches nothing but this file: no other is attached, no extension loaded, no setting changed. One
that takes too long is stopped.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from itertools import islice
from pathlib import Path

from flowlang.model.values import Time, Value

from .rows import MOST_ROWS, SqlError, one_line, rows_of

_BETWEEN_LOOKS = 10_000  # instructions of SQLite's machine: well below a millisecond
_REFUSED = frozenset(
    {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_TRANSACTION,
     sqlite3.SQLITE_SAVEPOINT}
)  # fmt: skip
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 4_000_000,  # bytes of a value or a row: more than the longest answer
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}
"""What one statement may take (https://www.sqlite.org/limits.html)."""
_FUNCTIONS = frozenset({"load_extension", "writefile", "readfile", "edit", "fts3_tokenizer"})


class SqliteConnection:
    """`timeout` is in seconds."""

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        timeout: float = 10.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._read_only = read_only
        self._timeout = timeout
        self.longest = 2 * timeout + 1  # that others hold the file, and the statement
        self._now = now
        self._db: sqlite3.Connection | None = None

    def query(self, statement: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """The rows. Raises `SqlError`."""
        db = self._open(changes=False)
        try:
            with closing(db.execute(statement, [_given(each) for each in values])) as cursor:
                if cursor.description is None:
                    raise SqlError(
                        "sql", "the statement gives no rows; `sql.run` carries out what changes something"
                    )
                names = [each[0] for each in cursor.description]
                return rows_of(names, cursor)
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise SqlError("sql", one_line(error)) from None

    def run(self, statement: str, values: tuple[Value, ...]) -> int:
        """How many rows it changed. Raises `SqlError`."""
        db = self._open(changes=True)
        try:
            with closing(db.execute(statement, [_given(each) for each in values])) as cursor:
                for _ in islice(cursor, MOST_ROWS):
                    pass
                return max(cursor.rowcount, 0)
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise SqlError("sql", one_line(error)) from None

    def abandon(self) -> None:
        """Ends the statement that is under way in another thread."""
        if self._db is not None:
            self._db.interrupt()

    def close(self) -> None:
        """The file is let go."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self, *, changes: bool) -> sqlite3.Connection:
        if changes and self._read_only:
            raise SqlError("sql", "the data base is read only")
        db = self._db
        if db is None:
            db = self._db = self._connect()
        db.set_authorizer(None)
        db.execute(f"pragma query_only = {0 if changes else 1}")
        db.set_authorizer(_authorized)
        end = self._now() + self._timeout
        db.set_progress_handler(lambda: int(self._now() > end), _BETWEEN_LOOKS)
        return db

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self._read_only else "rw"  # a data base that is not there is a mistake, not a new one
        try:
            db = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode={mode}",
                timeout=self._timeout,
                uri=True,
                isolation_level=None,  # each statement is whole by itself
                check_same_thread=False,
            )
            for limit, most in _LIMITS.items():
                db.setlimit(limit, most)
            return db
        except sqlite3.Error as error:
            raise SqlError("sql", one_line(error)) from None


def _authorized(action: int, first: str | None, second: str | None, _db: str | None, _by: str | None) -> int:
    if action in _REFUSED or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FUNCTIONS):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _given(value: Value) -> int | float | str | None:
    match value:
        case Decimal():
            return str(value)  # exact; SQLite compares it as a number where the column is one
        case Time():
            return value.as_datetime().isoformat(sep=" ")
        case None | bool() | int() | str():
            return value
        case _:
            raise SqlError("type", "a data base takes no such value")
