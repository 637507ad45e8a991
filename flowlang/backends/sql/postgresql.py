"""A PostgreSQL data base, by psycopg (the extra `flowlang[postgresql]`). It blocks: for one worker thread."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, cast

from flowlang.model.values import Time, Value

from .rows import MOST_ROWS, SqlError, one_line, rows_of
from .statements import numbered


class _Driver(Protocol):
    """What we use of psycopg, which is not there where the extra is not."""

    Error: type[Exception]
    RawCursor: Any
    connect: Callable[..., Any]


def driver() -> _Driver | None:
    """psycopg, where it is installed."""
    try:
        import psycopg  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    return cast("_Driver", psycopg)


class PostgresqlConnection:
    """`where` is a connection string, `timeout` in seconds."""

    def __init__(self, where: str, *, read_only: bool = False, timeout: float = 10.0) -> None:
        found = driver()
        assert found is not None, "install flowlang[postgresql]"
        self._driver = found
        self._where = where
        self._read_only = read_only
        self._timeout = timeout
        self._connects = max(2, int(timeout))  # psycopg has whole seconds, and takes 1 as 2
        self.longest = self._connects + timeout + 1
        self._db: Any = None

    def query(self, statement: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """The rows. Raises `SqlError`."""

        def read(cursor: Any) -> tuple[Value, ...]:
            if cursor.description is None:
                raise SqlError(
                    "sql", "the statement gives no rows; `sql.run` carries out what changes something"
                )
            return rows_of([each.name for each in cursor.description], cursor.fetchmany(MOST_ROWS + 1))

        return self._carry_out(statement, values, read, changes=False)

    def run(self, statement: str, values: tuple[Value, ...]) -> int:
        """How many rows it changed. Raises `SqlError`, of code `unknown` where the connection broke before
        the data base had told."""
        return self._carry_out(statement, values, lambda cursor: max(cursor.rowcount, 0), changes=True)

    def abandon(self) -> None:
        """Breaks the connection under a statement that waits in another thread for a server that is gone or
        hangs, so that no `statement_timeout` of its ends it."""
        with (
            suppress(self._driver.Error, OSError, AttributeError),  # it is closed, or was never open
            socket.socket(fileno=os.dup(self._db.fileno())) as copy,
        ):
            copy.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """The connection is closed."""
        if self._db is not None:
            with suppress(self._driver.Error):
                self._db.close()
            self._db = None

    def _carry_out(
        self, statement: str, values: tuple[Value, ...], read: Callable[[Any], Any], *, changes: bool
    ) -> Any:
        if changes and self._read_only:
            raise SqlError("sql", "the data base is read only")
        db = self._open()
        begun = False
        try:
            db.read_only = not changes
            with db.transaction(), db.cursor() as cursor:
                begun = True
                # prepared: so one statement is one, whatever stands in it
                cursor.execute(numbered(statement), [_given(each) for each in values], prepare=True)
                return read(cursor)
        except self._driver.Error as error:
            lost = db.closed or db.broken
            if lost:
                self.close()
            code = "unknown" if lost and changes and begun else "sql"
            raise SqlError(code, one_line(error)) from None

    def _open(self) -> Any:
        if self._db is None or self._db.closed:
            milliseconds = int(self._timeout * 1_000)
            try:
                self._db = self._driver.connect(
                    self._where,
                    autocommit=True,
                    cursor_factory=self._driver.RawCursor,
                    connect_timeout=self._connects,
                    options=f"-c statement_timeout={milliseconds}",
                    client_encoding="UTF8",
                )
            except self._driver.Error as error:
                raise SqlError("sql", one_line(error)) from None
        return self._db


def _given(value: Value) -> Any:
    return value.as_datetime() if isinstance(value, Time) else value
