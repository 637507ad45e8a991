"""Values that outlive activeflows and processes, shared by all: one file, in which a write is on disk before
the script goes on.

What is written is seen by the next command at once, also before it is on disk: all of one process is in one
order. A key of the engine's counts once, so that an `add` that is done again after a crash adds nothing.
What a script holds as a secret is in the file as ciphertext only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from flowlang.backends.border import Finish, Host, nothing
from flowlang.backends.group_commit import GroupCommit
from flowlang.backends.kept_values import added
from flowlang.diagnostics import FlowlangError
from flowlang.model.message_commands import OutsideCommand, StoreAdd, StoreGet, StorePut
from flowlang.model.plain import SealedError, Sealing, from_plain, to_plain
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import is_secret, marked, unmarked
from flowlang.model.values import SECOND, Value

FILE = "values.db"

_REMEMBERED = 7 * 24 * 3600  # seconds: longer than anybody waits to start again after a crash
_SWEEP = 1_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (entry TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS done (key TEXT PRIMARY KEY, result TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT
ROWID; """
_PUT = "INSERT OR REPLACE INTO kept VALUES (?, ?)"
_DROP = "DELETE FROM kept WHERE entry = ?"
_DONE = "INSERT OR REPLACE INTO done VALUES (?, ?, ?)"


class StoredValues:
    """`folder` is the data folder, `None` for memory; without `sealing` the file takes no secrets. Raises
    `FileError`."""

    name = "values"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"store"})

    def __init__(self, folder: Path | None, sealing: Sealing | None = None) -> None:
        self._sealing = sealing
        self._in_memory = folder is None
        self._file = GroupCommit(folder / FILE if folder is not None else None, _SCHEMA)
        self._coming: dict[str, tuple[int, Value]] = {}
        """What is not on disk, by entry, with how many writes are under way; `None` for what is forgotten."""
        self._doing: dict[str, Value] = {}
        self._host: Host | None = None
        self._count = 0

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Writes until cancelled."""
        self._host = host
        task_status.started("values are kept")
        await self._file.run()

    async def settle(self) -> None:
        """Returns when all is on disk."""
        await self._file.settle()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Looks up at once; writes, and finishes when that is on disk. What is cancelled is done all the
        same."""
        waits = [finish]
        match command:
            case StoreGet(entry=entry):
                try:
                    value = unmarked(self._get(entry))
                except (SealedError, FlowlangError) as error:
                    finish(_no_key(error))
                else:
                    finish(Done(() if value is None else (value,)))
            case StorePut() | StoreAdd():
                try:
                    self._change(command, waits)
                except (SealedError, FlowlangError) as error:
                    _finish(waits, _no_key(error))
            case _:
                finish(Failed("no_backend", "this backend keeps values and does nothing else"))
        return waits.clear

    def _change(self, command: StorePut | StoreAdd, waits: list[Finish]) -> None:
        if isinstance(command, StorePut):
            self._write(command.entry, command.value, command.key, None, waits)
        else:
            self._add(command, waits)

    def _get(self, entry: str) -> Value:
        """What is kept; a secret is marked."""
        if entry in self._coming:
            return self._coming[entry][1]
        rows = self._file.rows("SELECT value FROM kept WHERE entry = ?", (entry,))
        return self._value(rows[0][0]) if rows else None

    def _add(self, command: StoreAdd, waits: list[Finish]) -> None:
        known = self._known(command.key)
        if known is not None:
            _finish(waits, Done(unmarked(known[0])))
            return
        total = added(command, self._get(command.entry))
        if isinstance(total, Failed):
            _finish(waits, total)
        else:
            self._write(command.entry, total, command.key, total, waits)

    def _known(self, key: str) -> tuple[Value] | None:
        if key in self._doing:
            return (self._doing[key],)
        rows = self._file.rows("SELECT result FROM done WHERE key = ?", (key,))
        return (self._value(rows[0][0]),) if rows else None

    def _write(self, entry: str, value: Value, key: str, result: Value, waits: list[Finish]) -> None:
        if self._known(key) is not None:
            _finish(waits, Done(unmarked(result)))
            return
        kept, given = self._text(value), self._text(result)
        under_way = self._coming.get(entry, (0, None))[0]
        self._coming[entry] = under_way + 1, value
        self._doing[key] = result

        def written() -> None:
            left, newest = self._coming[entry]
            if left == 1:
                del self._coming[entry]
            else:
                self._coming[entry] = left - 1, newest
            self._doing.pop(key, None)
            _finish(waits, Done(unmarked(result)))

        at = self._host.now() // SECOND if self._host is not None else 0
        if value is None:
            self._file.write(_DROP, (entry,), nothing)
        else:
            self._file.write(_PUT, (entry, kept), nothing)
        self._count += 1
        if at and self._count % _SWEEP == 0:
            self._file.write("DELETE FROM done WHERE at BETWEEN 1 AND ?", (at - _REMEMBERED,), nothing)
        self._file.write(_DONE, (key, given, at), written)

    def _text(self, value: Value) -> str:
        plain = to_plain(value)
        if self._in_memory or not is_secret(value):
            return json.dumps(plain)
        if self._sealing is None:
            raise SealedError("secrets cannot be kept: this backend was given no key for them")
        return self._sealing.encode(plain)

    def _value(self, text: str) -> Value:
        """Marked if it is a secret: a number that is added to stays one."""
        plain = json.loads(text) if self._sealing is None else self._sealing.decode(text)
        value = from_plain(plain)
        return marked(value) if '"$sealed"' in text or '"$secret"' in text else value


def _no_key(error: Exception) -> Failed:
    return Failed("no_key", str(error))


def _finish(waits: list[Finish], result: Result) -> None:
    for finish in waits:
        finish(result)
    waits.clear()
