"""Data bases: `sql.query` and `sql.run`."""

from .backend import Connection, SqlBackend
from .kind import KIND
from .postgresql import PostgresqlConnection
from .rows import SqlError
from .sqlite import SqliteConnection

__all__ = ["KIND", "Connection", "PostgresqlConnection", "SqlBackend", "SqlError", "SqliteConnection"]
