"""`sql.query` and `sql.run` of scripts, on the engine, with a data base in a file."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
import trio
import trio.testing

from flowlang import open_engine
from flowlang.backends.sql import KIND, SqlBackend, SqliteConnection
from flowlang.model.message_commands import SqlQuery, SqlRun
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Value
from tests.backends.counted import Counted, Record
from tests.backends.host import TestHost
from tests.backends.making import make, mistake
from tests.backends.naughty import ALL
from tests.backends.naughty_fields import FIELDS

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


class Slow:
    """Holds each statement up until it is told to go on."""

    longest = 60.0

    def __init__(self) -> None:
        self.begun, self.closed = 0, False
        self.go = threading.Event()

    def abandon(self) -> None:
        self.go.set()

    def query(self, statement: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
        self.begun += 1
        assert self.go.wait(10)
        return ()

    def run(self, statement: str, values: tuple[Value, ...]) -> int:
        raise RuntimeError("a driver's mistake")

    def close(self) -> None:
        self.closed = True


async def test_a_text_that_is_no_text_and_a_drivers_mistake_cost_their_statement_alone(
    path: Path, record_property: Record
) -> None:
    slow = Slow()
    backend = SqlBackend({"orders": SqliteConnection(path), "slow": slow})
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        backend.send(SqlRun("slow", "x", (), "af1/0"), results.append)
        await backend.settle()
        insert = "insert into orders values (?, ?)"
        for number, text in enumerate((*ALL, *FIELDS)):
            backend.send(SqlRun("orders", insert, (str(number), text), f"af1/{number + 1}"), results.append)
            if number % 10 == 0:
                backend.send(SqlQuery("orders", f"select '{text}' as a", ()), results.append)
                backend.send(SqlQuery(text, "select 1 as a", ()), results.append)
        await backend.settle()
        read: list[Result] = []
        backend.send(SqlQuery("orders", "select status from orders where number = '3'", ()), read.append)
        await backend.settle()
        nursery.cancel_scope.cancel()
    assert [each for each in results if isinstance(each, Failed) and each.code == "internal"] == results[:1]
    assert read == [Done(({"status": ALL[3]},))]
    assert slow.closed
    with closing(sqlite3.connect(path)) as db:
        told = dict(db.execute("select number, status from orders").fetchall())
    wanted = [text.encode("utf-8", "replace").decode() for text in (*ALL, *FIELDS)]
    assert [told[str(number)] for number in range(len(wanted))] == wanted
    Counted(len(wanted), len(told), commands=len(told) - len(wanted)).hold(record_property, "sql values")


async def test_statements_of_a_slow_data_base_wait_and_hold_up_no_other(path: Path) -> None:
    slow = Slow()
    backend = SqlBackend({"orders": SqliteConnection(path), "slow": slow})
    late: list[Result] = []
    quick: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        cancels = [backend.send(SqlQuery("slow", "x", ()), late.append) for _ in range(3)]
        await trio.testing.wait_all_tasks_blocked()
        done = trio.Event()

        def finish(result: Result) -> None:
            quick.append(result)
            done.set()

        backend.send(SqlQuery("orders", "select 1 as a", ()), finish)
        with trio.fail_after(5):
            await done.wait()
        for each in cancels[:2]:  # one is begun, one waits or the other way round
            each()
        slow.go.set()
        with trio.fail_after(5):
            await backend.settle()
        nursery.cancel_scope.cancel()
    assert quick == [Done(({"a": 1},))]
    assert late == [Done(())]
    assert slow.begun <= 2


async def test_a_data_base_has_so_many_statements_waiting_and_no_more(path: Path) -> None:
    slow = Slow()
    backend = SqlBackend({"slow": slow})
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        cancels = [backend.send(SqlQuery("slow", "x", ()), results.append) for _ in range(1_001)]
        assert results == [Failed("sql", "1000 statements wait already")]
        for cancel in cancels:
            cancel()
        slow.go.set()
        await backend.settle()
        nursery.cancel_scope.cancel()
    assert len(results) == 1


async def test_a_statement_that_would_never_end_is_abandoned(path: Path) -> None:
    slow = Slow()
    slow.longest = 0.05
    backend = SqlBackend({"slow": slow})
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        backend.send(SqlQuery("slow", "x", ()), results.append)
        with trio.fail_after(5):
            await backend.settle()
        slow.go.clear()
        backend.send(SqlQuery("slow", "x", ()), results.append)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()  # nor does it keep the engine from ending
    assert results == [Done(())] * 2
    assert slow.closed
