"""What a server does for `flow stop`, `flow signal` and the like: it listens on the socket of `control`."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import trio

import flowlang
from flowlang import ArgumentsError
from flowlang.engine.arguments import given_value
from flowlang.store import StoreError
from flowlang.store.reading import Archive

from .control import LONGEST, socket_path
from .ids import NotMeant, one_that_lives

_AT_ONCE = 16  # connections
_PATIENCE = 10.0  # seconds for one who connects and says nothing
_MOST_HELD, _WHY = 2_000, 400  # activeflows, and characters of each: an answer is `LONGEST` at most

JsonObject = dict[str, Any]
Answer = Callable[[JsonObject], Awaitable[JsonObject]]


class RefusedError(Exception):
    """It cannot be done; the message says why, in one line."""


class Controls:
    """What can be asked of an engine, by name. `archive` knows those that are not in memory, `held` why some
    wait for a later start."""

    def __init__(
        self, engine: flowlang.Engine, archive: Archive, held: Mapping[str, str] | None = None
    ) -> None:
        self._engine = engine
        self._archive = archive
        self._held = held or {}
        self.answers: dict[str, Answer] = {
            "stop": self._stop, "signal": self._signal, "retry": self._retry, "drop": self._drop,
            "checkpoint": self._checkpoint, "held": self._those_held,
        }  # fmt: skip

    async def answer(self, request: JsonObject) -> JsonObject:
        """What to say to a request."""
        found = self.answers.get(str(request.get("do")))
        if found is None:
            return {"error": "the server knows no such request; it may be of another version"}
        try:
            return await found(request)
        except (RefusedError, ArgumentsError, StoreError) as error:
            return {"error": str(error)}

    async def _stop(self, request: JsonObject) -> JsonObject:
        activeflow = self._find(request)
        if not await self._engine.stopped(activeflow):
            raise RefusedError(self._why_not(activeflow) or f"{activeflow} is over already")
        return {"ok": f"{activeflow} stops", "activeflow": activeflow}

    async def _signal(self, request: JsonObject) -> JsonObject:
        activeflow, name = self._find(request), str(given_value("name", str(request.get("name", ""))))
        if not await self._engine.signalled(activeflow, name, request.get("data")):
            text = f"{activeflow} did not take it: it is over, or as many signals `{name}` wait as are kept"
            raise RefusedError(self._why_not(activeflow) or text)
        return {"ok": f"{activeflow} has the signal `{name}`", "activeflow": activeflow}

    async def _retry(self, request: JsonObject) -> JsonObject:
        key = str(request.get("key", ""))
        try:
            found = self._engine.outbox.retry(key)
        except StoreError as error:
            raise RefusedError(str(error)) from None
        if not found:
            raise RefusedError(_not_given_up(key))
        await self._engine.keeper.on_disk()
        return {"ok": f"{key} is sent again"}

    async def _drop(self, request: JsonObject) -> JsonObject:
        key = str(request.get("key", ""))
        if not self._engine.outbox.drop(key):
            raise RefusedError(_not_given_up(key))
        await self._engine.keeper.on_disk()
        return {"ok": f"{key} is dropped"}

    async def _checkpoint(self, _request: JsonObject) -> JsonObject:
        """What is kept in memory for a while is on disk."""
        await self._engine.ladders.written()
        return {"ok": "written"}

    async def _those_held(self, _request: JsonObject) -> JsonObject:
        """Which cannot go on for now, and why."""
        found = {**self._engine.parking.asleep, **self._held}
        return {"ok": "", "held": {each: found[each][:_WHY] for each in islice(found, _MOST_HELD)}}

    def _find(self, request: JsonObject) -> str:
        try:
            one = one_that_lives(self._archive, str(request.get("id", "")), self._engine.activeflows)
        except NotMeant as error:
            raise RefusedError(str(error)) from None
        if one in self._held:
            raise RefusedError(f"{one} is held until a start that can go on with it: {self._held[one]}")
        return one

    def _why_not(self, activeflow: str) -> str | None:
        """Why one that is parked takes nothing."""
        why = self._engine.parking.why_asleep(activeflow)
        return None if why is None else f"{activeflow} is parked and cannot be woken now: {why}"


def _not_given_up(key: str) -> str:
    return f"nothing that was given up has the key {key[:60]!r}; see `flow outbox`"


async def serve_controls(
    controls: Controls, folder: Path, *, task_status: Any = trio.TASK_STATUS_IGNORED
) -> None:
    """Listens until cancelled. The folder is this process's alone, so a socket that is there is a dead
    one."""
    with socket_path(folder) as path, trio.socket.socket(trio.socket.AF_UNIX) as listener:
        with suppress(FileNotFoundError):
            os.unlink(path)
        await listener.bind(path)
        os.chmod(path, 0o600)
        listener.listen(_AT_ONCE)
        limiter = trio.CapacityLimiter(_AT_ONCE)
        try:
            async with trio.open_nursery() as nursery:
                task_status.started()
                while True:
                    connection, _ = await listener.accept()
                    nursery.start_soon(_converse, controls, trio.SocketStream(connection), limiter)
        finally:
            with suppress(OSError):
                os.unlink(path)


async def _converse(controls: Controls, stream: trio.SocketStream, limiter: trio.CapacityLimiter) -> None:
    """One request, one answer."""
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        async with limiter, stream:
            received = b""
            with trio.move_on_after(_PATIENCE):
                while b"\n" not in received and len(received) <= LONGEST:
                    some = await stream.receive_some()
                    if not some:
                        return
                    received += some
            answer: JsonObject = {"error": "a request is one JSON object on a line"}
            with suppress(ValueError, RecursionError):
                request = json.loads(received.partition(b"\n")[0])
                if isinstance(request, dict):
                    answer = await controls.answer(request)  # pyright: ignore[reportUnknownArgumentType]
            with trio.move_on_after(_PATIENCE):
                await stream.send_all(json.dumps(answer).encode() + b"\n")
