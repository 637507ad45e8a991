"""The columns that are written and read are those of the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowlang.store import schema, statements
from flowlang.store.database import Database
from flowlang.store.reading import FILE
from flowlang.store.sqlite import SqliteStore


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    SqliteStore(tmp_path).close()
    made = Database(tmp_path / FILE)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("table", "columns"),
    [("records", statements.OPEN_RECORD), ("outbox", statements.SENDING), ("activeflows", statements.STORED)],
)
def test_what_a_row_is_read_as_has_the_fields_of_its_table(
    table: str, columns: tuple[str, ...], db: Database
) -> None:
    assert {name for _, name, *_ in db.rows(f"PRAGMA table_info({table})")} == set(columns)


@pytest.mark.parametrize("name", [each for each in vars(statements) if each.isupper() and each[0] != "_"])
def test_each_statement_is_one_that_the_tables_have(name: str, db: Database) -> None:
    statement = getattr(statements, name)
    if isinstance(statement, str):
        assert list(db.rows(f"EXPLAIN {statement}", [None] * statement.count("?")))
        inserted = re.match(r"INSERT .*INTO (\w+) ", statement)
        if inserted is not None and inserted[1] not in (
            "activeflows",
            "requests",
        ):  # which have more by and by
            columns = [each for _, each, *_ in db.rows(f"PRAGMA table_info({inserted[1]})")]
            assert statement.count("?") == len(columns)


def test_the_tables_are_those_that_the_schema_tells_of(db: Database) -> None:
    told = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", schema.__doc__ or "", re.MULTILINE)
    tables = {name for (name,) in db.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert set(re.findall(r"\w+", " ".join(told))) == tables
