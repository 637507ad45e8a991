"""Queries of a database that may be damaged: whatever goes wrong is a `StoreError` of one line."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .database import Database, DatabaseError, Row, why
from .errors import UnreadableError


class Reader:
    """The reading half of a `Database`, the one in that folder."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder

    def rows(self, query: str, values: Iterable[Any] = ()) -> Iterator[Row]:
        """What a query gives."""
        with self._telling():
            yield from self._db.rows(query, values)

    def value(self, query: str, values: Iterable[Any] = ()) -> Any:
        """The one value that a query gives, `None` for none."""
        with self._telling():
            return self._db.value(query, values)

    @contextmanager
    def _telling(self) -> Generator[None]:
        try:
            yield
        except DatabaseError as error:
            raise UnreadableError(f"{self._folder}: the store cannot be read: {why(error)}") from None
        except UnicodeEncodeError:  # a text that no table can have, as of an argument that is no UTF-8
            return
        except UnicodeDecodeError:  # of a column that is no entry
            raise UnreadableError(f"{self._folder}: the store cannot be read: it is damaged") from None
