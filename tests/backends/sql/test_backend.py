"""`sql.query` and `sql.run` of scripts, on the engine, with a data base in a file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import trio

from flowlang import open_engine
from flowlang.backends.sql import KIND, SqlBackend, SqliteConnection
from flowlang.model.message_commands import SqlQuery, SqlRun
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Failed, Result
from tests.backends.host import TestHost
from tests.backends.making import make, mistake

SCRIPT = """
policy { allow sql "orders" }

flow main(number) {
    sql.run "orders", "insert into orders values (?, ?)", number, "new"
    let rows = sql.query("orders", "select status from orders where number = ?", number)
    return rows[0].status
}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "orders.db") as db:
        db.execute("create table orders (number text, status text)")
    db.close()
    return tmp_path / "orders.db"


async def test_a_script_changes_and_reads(path: Path) -> None:
    backend = SqlBackend({"orders": SqliteConnection(path)})
    async with open_engine([backend], policy=EVERYTHING) as engine:
        engine.load_text(SCRIPT)
        await engine.listen()
        with trio.fail_after(10):
            ended = await engine.start("main", "'; drop table orders; --").ended()
        assert ended.value == "new"
        await engine.shutdown()


async def test_a_change_of_one_step_is_made_once_and_an_unknown_name_is_told(path: Path) -> None:
    backend = SqlBackend({"orders": SqliteConnection(path)})
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        insert = SqlRun("orders", "insert into orders values (?, ?)", ("a", "b"), "af1/1")
        for _ in range(3):
            backend.send(insert, results.append)
        await backend.settle()
        backend.send(SqlQuery("orders", "select number from orders", ()), results.append)
        backend.send(SqlQuery("order", "select 1", ()), results.append)
        backend.send(insert, results.append)()
        await backend.settle()
        nursery.cancel_scope.cancel()
    assert results == [
        Done(1), Done(1), Done(1), Failed("sql", "`flow.toml` names no data base `order`"), Done(1),
        Done(({"number": "a"},)),
    ]  # fmt: skip


def test_it_is_made_of_flow_toml(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE", "host=/nowhere")
    made = make(
        KIND,
        '[connections.orders]\nsqlite = "orders.db"\n[connections.other]\npostgresql = { env = "WHERE" }\n',
        path.parent,
    )
    assert made.outlets == {"sql"}
    message, where = mistake(KIND, '[connections.orders]\nsqlite = "none.db"\n', path.parent)
    assert message.startswith("there is no file ")
    assert where == ("connections", "orders", "sqlite")
    assert mistake(KIND, "[connections.orders]\n", path.parent)[0] == "it has either `sqlite` or `postgresql`"
