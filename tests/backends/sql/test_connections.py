"""SQLite and PostgreSQL, both held to the same rules."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlang.backends.sql import Connection, PostgresqlConnection, SqlError, SqliteConnection
from flowlang.backends.sql.statements import numbered
from flowlang.model.values import Time
from tests.backends.sql.postgres import postgresql

TABLE = "create table orders (id integer primary key, number text, sum numeric, at {time}, done boolean)"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as where:
        yield where


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Connection, Any]]:
    """A connection with a table, and what makes another like it."""
    if request.param == "sqlite":
        path = tmp_path / "orders.db"
        with sqlite3.connect(path) as db:
            db.execute(TABLE.format(time="text"))
        db.close()

        def another(**given: Any) -> Connection:
            return SqliteConnection(path, **given)
    else:
        where = request.getfixturevalue("server")
        with psycopg.connect(where) as db:
            db.execute("drop table if exists orders")
            db.execute(TABLE.format(time="timestamptz"))

        def another(**given: Any) -> Connection:
            return PostgresqlConnection(where, **given)

    connection = another()
    yield connection, another
    connection.close()


INSERT = "insert into orders (id, number, sum, at, done) values (?, ?, ?, ?, ?)"
NOON = Time(1_795_000_000_000_000)


def test_what_goes_in_comes_out(made: tuple[Connection, Any]) -> None:
    db, _ = made
    assert db.run(INSERT, (1, "+14155550100", Decimal("12.50"), NOON, True)) == 1
    assert db.run(INSERT, (2, None, None, None, None)) == 1
    first, second = db.query("select * from orders order by id", ())
    assert isinstance(first, dict)
    assert (first["id"], first["number"], first["sum"]) == (1, "+14155550100", Decimal("12.5"))
    assert first["at"] in (NOON, str(NOON.as_datetime()))
    assert first["done"] == 1
    assert second == {"id": 2, "number": None, "sum": None, "at": None, "done": None}
    assert db.run("update orders set number = ?", ("x",)) == 2
    assert db.query("select id from orders where number = ? and id > ?", ("x", 1)) == ({"id": 2},)


@pytest.mark.parametrize(
    "text", ["'; drop table orders; --", "\\'; --", "$1", "%s", "?", "🌞\u202e", "a\r\nb", "' or '1'='1"]
)
def test_a_value_is_a_value_whatever_it_says(made: tuple[Connection, Any], text: str) -> None:
    db, _ = made
    db.run(INSERT, (1, text, None, None, None))
    assert db.query("select number from orders where number = ?", (text,)) == ({"number": text},)
    assert db.query("select number from orders where number = ?", (text + "x",)) == ()


def test_a_query_changes_nothing(made: tuple[Connection, Any]) -> None:
    db, _ = made
    with pytest.raises(SqlError):
        db.query("insert into orders (id) values (?) returning id", (1,))
    assert db.query("select count(*) as many from orders", ()) == ({"many": 0},)


def test_one_that_is_read_only_is_changed_by_nothing(made: tuple[Connection, Any]) -> None:
    _, another = made
    db = another(read_only=True)
    with pytest.raises(SqlError, match="read only"):
        db.run("delete from orders", ())
    assert db.query("select * from orders", ()) == ()
    db.close()


def test_a_statement_is_one_statement(made: tuple[Connection, Any]) -> None:
    db, _ = made
    with pytest.raises(SqlError):
        db.run("delete from orders; drop table orders", ())
    assert db.query("select * from orders", ()) == ()


@pytest.mark.parametrize("statement", ["selekt 1", "select * from nowhere", "select ?", "select 'a"])
def test_a_mistake_is_told_in_one_line_and_leaves_the_connection(
    made: tuple[Connection, Any], statement: str
) -> None:
    db, _ = made
    with pytest.raises(SqlError) as raised:
        db.query(statement, ())
    assert raised.value.code == "sql"
    assert "\n" not in str(raised.value)
    assert db.query("select 1 as one", ()) == ({"one": 1},)


def test_a_change_that_fails_is_none(made: tuple[Connection, Any]) -> None:
    db, _ = made
    db.run(INSERT, (2, "a", None, None, None))
    with pytest.raises(SqlError):
        db.run("insert into orders (id) values (1), (2)", ())
    assert db.query("select id from orders", ()) == ({"id": 2},)


def test_a_query_that_gives_no_rows_is_told(made: tuple[Connection, Any]) -> None:
    db, _ = made
    with pytest.raises(SqlError):
        db.query("delete from orders", ())


def test_answers_are_limited(made: tuple[Connection, Any]) -> None:
    db, _ = made
    many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < {}) select i from n"
    assert len(db.query(many.format(1_000), ())) == 1_000
    with pytest.raises(SqlError, match="1000 rows") as raised:
        db.query(many.format(1_001), ())
    assert raised.value.code == "too_large"
    large = "select ? as a, ? as b"
    if isinstance(db, PostgresqlConnection):
        large = "select ?::text as a, ?::text as b"
    with pytest.raises(SqlError, match="characters"):
        db.query(large, ("x" * 600_000, "x" * 600_000))


def test_one_that_takes_too_long_is_stopped(made: tuple[Connection, Any]) -> None:
    _, another = made
    db = another(timeout=0.2)
    with pytest.raises(SqlError, match=r"interrupted|timeout"):
        db.query("with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n", ())
    assert db.query("select 1 as one", ()) == ({"one": 1},)
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        "attach database '{}/other.db' as other",
        "vacuum into '{}/other.db'",
        "pragma journal_mode = off",
        "select load_extension('x')",
        "begin",
        "savepoint a",
    ],
)
def test_a_statement_reaches_nothing_but_its_data_base(tmp_path: Path, statement: str) -> None:
    sqlite3.connect(tmp_path / "a.db").close()
    db = SqliteConnection(tmp_path / "a.db")
    with pytest.raises(SqlError):
        db.run(statement.format(tmp_path), ())
    assert not (tmp_path / "other.db").exists()
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        "select length(randomblob(900000000)) as n",
        "select hex(zeroblob(3000000)) as n",
        f"select {'+'.join(['1'] * 600)} as n",
        f"select '{'x' * 1_000_001}' as n",
        f"select {'(' * 600}1{')' * 600} as n" + " union select 1" * 101,
    ],
)
def test_no_statement_takes_more_than_its_share(tmp_path: Path, statement: str) -> None:
    sqlite3.connect(tmp_path / "a.db").close()
    db = SqliteConnection(tmp_path / "a.db")
    with pytest.raises(SqlError):
        db.query(statement, ())
    assert db.query("select 1 as one", ()) == ({"one": 1},)
    db.close()


def test_a_data_base_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SqlError):
        SqliteConnection(tmp_path / "none.db").query("select 1", ())
    assert not (tmp_path / "none.db").exists()


def test_a_broken_connection_is_made_again_and_a_change_is_then_unknown(server: str) -> None:
    db = PostgresqlConnection(server)
    db.query("select 1 as one", ())
    with pytest.raises(SqlError) as raised:
        db.run("select pg_terminate_backend(pg_backend_pid())", ())
    assert raised.value.code == "unknown"
    assert db.query("select 1 as one", ()) == ({"one": 1},)
    db.close()


def test_a_server_that_hangs_is_left_and_asked_anew(server: str) -> None:
    db = PostgresqlConnection(server, timeout=5.0)
    ((pid,),) = (each.values() for each in db.query("select pg_backend_pid() as pid", ()))  # type: ignore[union-attr]
    os.kill(int(pid), signal.SIGSTOP)  # type: ignore[arg-type]
    try:
        threading.Timer(0.2, db.abandon).start()
        with pytest.raises(SqlError) as raised:
            db.run("delete from orders", ())
    finally:
        os.kill(int(pid), signal.SIGCONT)  # type: ignore[arg-type]
    assert raised.value.code in ("sql", "unknown")
    assert db.query("select 1 as one", ()) == ({"one": 1},)
    db.abandon()  # of what is not under way nothing is lost but the connection
    with pytest.raises(SqlError):
        db.query("select 1 as one", ())
    assert db.query("select 1 as one", ()) == ({"one": 1},)
    db.close()
    db.abandon()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("a = ? and b = ?", "a = $1 and b = $2"),
        ("'?' \"?\" -- ?\n?", "'?' \"?\" -- ?\n$1"),
        ("/* ? */ ? 'it''s ?' ?", "/* ? */ $1 'it''s ?' $2"),
        ("$$?$$ $a$ ? $$ ? $a$ ?", "$$?$$ $a$ ? $$ ? $a$ $1"),
    ],
)
def test_values_stand_where_no_text_is(statement: str, expected: str) -> None:
    assert numbered(statement) == expected


@given(st.text("?'\"-/*$a\n ", max_size=30))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_numbering_is_for_question_marks_alone(statement: str) -> None:
    out = numbered(statement)
    assert out.count("?") <= statement.count("?")
    assert [each for each in statement if each not in "?$"] == [
        each for each in out if each not in "?$" and not each.isdigit()
    ]
