"""A page of the chat without a browser: what its script says and hears, by trio-websocket."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

TOKEN = "A" * 43


class Visitor:
    """Somebody with a page open."""

    def __init__(self, connection: WebSocketConnection) -> None:
        self.connection = connection

    async def put(self, **given: Any) -> None:
        await self.connection.send_message(json.dumps(given))

    async def get(self) -> dict[str, Any]:
        with trio.fail_after(10):
            return json.loads(await self.connection.get_message())

    async def say(self, text: str, name: str = "m1") -> None:
        await self.put(t="say", id=name, text=text)

    async def messages(self, count: int) -> list[str]:
        """The next texts that come, whatever else does."""
        found: list[str] = []
        while len(found) < count:
            given = await self.get()
            if given["t"] == "message":
                found.append(given["text"])
        return found


@asynccontextmanager
async def socket(url: str, **more: Any) -> AsyncGenerator[WebSocketConnection]:
    """A WebSocket to the chat; its connection is closed also where the server closes first."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    async with (
        await trio.open_tcp_stream(parts.hostname, parts.port) as stream,
        trio.open_nursery() as nursery,
    ):
        connection = await wrap_client_stream(nursery, stream, parts.netloc, "/chat/socket", **more)
        yield connection
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def visitor(url: str, token: str = TOKEN, last: int = 0, **more: Any) -> AsyncGenerator[Visitor]:
    """A page that says hello."""
    async with socket(url, **more) as connection:
        found = Visitor(connection)
        await found.put(t="hello", token=token, last=last)
        assert (await found.get())["t"] == "welcome"
        yield found
