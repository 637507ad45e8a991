"""`sql.query` and `sql.run`, each connection in a worker thread of its own: a data base that is slow holds up
nobody but those who ask it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import trio

from flowlang.backends.border import Finish, Host, nothing
from flowlang.backends.once import Once
from flowlang.model.message_commands import OutsideCommand, SqlQuery, SqlRun
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Value

from .rows import SqlError

_MOST_WAITING = 1_000


class Connection(Protocol):
    """A data base. It blocks, and is used by one thread at a time."""

    def query(self, statement: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """The rows. Raises `SqlError`."""
        ...

    def run(self, statement: str, values: tuple[Value, ...]) -> int:
        """How many rows it changed. Raises `SqlError`."""
        ...

    def close(self) -> None:
        """It is of no more use."""
        ...


@dataclass(slots=True, eq=False)
class _Job:
    command: SqlQuery | SqlRun
    finish: Finish
    withdrawn: bool = False


class SqlBackend:
    """`connections` by the name that scripts have for them."""

    name = "sql"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sql"})

    def __init__(self, connections: Mapping[str, Connection]) -> None:
        self._connections = dict(connections)
        self._once = Once()
        self._put: dict[str, trio.MemorySendChannel[_Job]] = {}
        self._take: dict[str, trio.MemoryReceiveChannel[_Job]] = {}
        for name in connections:
            self._put[name], self._take[name] = trio.open_memory_channel[_Job](math.inf)
        self._open = 0
        self._settled = trio.Event()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        async with trio.open_nursery() as nursery:
            for name, connection in self._connections.items():
                nursery.start_soon(self._work, self._take[name], connection)
            task_status.started(f"data bases: {', '.join(self._connections)}")

    async def settle(self) -> None:
        """Returns when nothing is under way."""
        while self._open:
            self._settled = trio.Event()
            await self._settled.wait()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Carries a statement out; what it returns withdraws one that is not begun."""
        assert isinstance(command, SqlQuery | SqlRun)
        if isinstance(command, SqlQuery):
            return self._send(command, finish)
        return self._once.send(command.key, finish, lambda over: self._send(command, over))

    def _send(self, command: SqlQuery | SqlRun, finish: Finish) -> Callable[[], None]:
        put = self._put.get(command.connection)
        if put is None:
            finish(Failed("sql", f"`flow.toml` names no data base `{command.connection[:60]}`"))
            return nothing
        if self._open >= _MOST_WAITING:
            finish(Failed("sql", f"{self._open} statements wait already"))
            return nothing
        self._open += 1
        job = _Job(command, finish)
        put.send_nowait(job)

        def withdraw() -> None:
            job.withdrawn = True

        return withdraw

    async def _work(self, jobs: trio.MemoryReceiveChannel[_Job], connection: Connection) -> None:
        limiter = trio.CapacityLimiter(1)
        try:
            async for job in jobs:
                result: Result = Failed("sql", "withdrawn")
                if not job.withdrawn:
                    result = await trio.to_thread.run_sync(
                        _carried_out, connection, job.command, limiter=limiter
                    )
                self._open -= 1
                self._settled.set()
                if not job.withdrawn:
                    job.finish(result)
        finally:
            connection.close()


def _carried_out(connection: Connection, command: SqlQuery | SqlRun) -> Result:
    try:
        match command:
            case SqlQuery(statement=statement, values=values):
                return Done(connection.query(statement, values))
            case SqlRun(statement=statement, values=values):
                return Done(connection.run(statement, values))
    except SqlError as error:
        return Failed(error.code, str(error))
