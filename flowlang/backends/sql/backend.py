"""`sql.query` and `sql.run`, each connection in a worker thread of its own: a data base that is slow holds up
nobody but those who ask it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import trio

from flowlang.backends.asking import Asking
from flowlang.backends.border import Finish, Host, nothing
from flowlang.core.json_values import whole_text
from flowlang.model.message_commands import OutsideCommand, SqlQuery, SqlRun
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Value

from .rows import SqlError

_MOST_WAITING = 1_000


class Connection(Protocol):
    """A data base. It blocks, and is used by one thread at a time. `longest` is in seconds: what takes so
    long will never end by itself."""

    longest: float

    def query(self, statement: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """The rows. Raises `SqlError`."""
        ...

    def run(self, statement: str, values: tuple[Value, ...]) -> int:
        """How many rows it changed. Raises `SqlError`."""
        ...

    def abandon(self) -> None:
        """Ends what is under way in another thread, with a fault there."""
        ...

    def close(self) -> None:
        """It is of no more use."""
        ...


class SqlBackend:
    """`connections` by the name that scripts have for them."""

    name = "sql"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sql"})

    def __init__(self, connections: Mapping[str, Connection]) -> None:
        self._connections = dict(connections)
        self.names = {"sql": frozenset(connections)}
        self._turns = {name: trio.CapacityLimiter(1) for name in connections}
        self._threads = trio.CapacityLimiter(max(1, len(self._connections)))
        self._asking = Asking()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        try:
            async with trio.open_nursery() as nursery:
                self._asking.open(nursery)
                task_status.started(f"data bases: {', '.join(self._connections)}")
                await trio.sleep_forever()
        finally:
            self._asking.close()
            for connection in self._connections.values():
                connection.close()

    async def settle(self) -> None:
        """Returns when nothing is under way."""
        await self._asking.settle()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Carries a statement out; what it returns withdraws one that is not begun. A query reads anew each
        time."""
        assert isinstance(command, SqlQuery | SqlRun)
        connection = self._connections.get(command.connection)
        if connection is None:
            finish(Failed("sql", f"`flow.toml` names no data base `{whole_text(command.connection[:60])}`"))
            return nothing
        if self._asking.under_way >= _MOST_WAITING:
            finish(Failed("sql", f"{self._asking.under_way} statements wait already"))
            return nothing

        async def work() -> Result:
            async with self._turns[command.connection]:
                return await self._ended(connection, command)

        return self._asking.send(command.key if isinstance(command, SqlRun) else None, finish, work)

    async def _ended(self, connection: Connection, command: SqlQuery | SqlRun) -> Result:
        """Carried out to its end, also when the engine ends or nobody waits for it."""
        found: list[Result] = []

        async def watch() -> None:
            await trio.sleep(connection.longest)
            connection.abandon()

        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watch)
                found += [
                    await trio.to_thread.run_sync(_carried_out, connection, command, limiter=self._threads)
                ]
                nursery.cancel_scope.cancel()
        return found[0]


def _carried_out(connection: Connection, command: SqlQuery | SqlRun) -> Result:
    """In the connection's thread. Half characters, which no data base takes, are `?`."""
    statement = whole_text(command.statement)
    values = tuple(whole_text(each) if isinstance(each, str) else each for each in command.values)
    try:
        if isinstance(command, SqlQuery):
            return Done(connection.query(statement, values))
        return Done(connection.run(statement, values))
    except SqlError as error:
        return Failed(error.code, str(error))
