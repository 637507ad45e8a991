"""A machine that knows keys: what comes again under its key it answers as before, and does once. It gives
orders too, as webhooks that it signs."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import h11
import trio

from flowlang.backends.signatures import standard_headers, standard_key

from .project import SECRET

SLOW = 0.02  # seconds that an answer takes at most
BUSY = 0.03  # how often it says that it is


class HttpPeer:
    """`done` has what was done, by the key that it came under; `told` is called with it once. `again` counts
    what came again."""

    def __init__(self, chance: Random, told: Callable[[dict[str, Any]], None]) -> None:
        self.done: dict[str, dict[str, Any]] = {}
        self.posted: list[str] = []
        self.again = 0
        self.mixed = 0
        self._chance = chance
        self._told = told

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection."""
        connection = h11.Connection(h11.SERVER)
        try:
            while (found := await request_in(connection, stream.receive_some)) is not None:
                head, body = found
                status = self._do({k.decode(): v.decode() for k, v in head.headers}, head.target, body)
                await trio.sleep(self._chance.uniform(0, SLOW))
                for event in (
                    h11.Response(status_code=status, headers=[("content-length", "0")]),
                    h11.EndOfMessage(),
                ):
                    await stream.send_all(connection.send(event) or b"")
                if connection.our_state is h11.MUST_CLOSE:
                    return
                connection.start_next_cycle()
        except (trio.BrokenResourceError, trio.ClosedResourceError, h11.ProtocolError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    def _do(self, headers: dict[str, str], target: bytes, body: bytes) -> int:
        if self._chance.random() < BUSY:
            return 503
        what: dict[str, Any] = json.loads(body)
        if target == b"/posted":  # as a machine that knows no keys
            self.posted.append(what["what"])
            return 200
        key = headers["webhook-id"]
        if key in self.done:
            self.again += 1
            self.mixed += self.done[key] != what  # one key for two things: the second is never done
        else:
            self.done[key] = what
            self._told(what)
        return 200


async def request_in(
    connection: h11.Connection, receive: Callable[[], Awaitable[bytes | bytearray]]
) -> tuple[h11.Request, bytes] | None:
    """The next request and its body; `None` at the end."""
    head: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(bytes(await receive()))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return head, body
        else:
            return None


async def post_hook(port: int, hook: str, name: str) -> bool:
    """Gives an order; whether it was taken."""
    body = json.dumps({"name": name}).encode()
    headers = {"host": "here", "content-type": "application/json", "content-length": str(len(body))}
    headers |= standard_headers(standard_key(SECRET), name, body, time.time())
    connection = h11.Connection(h11.CLIENT)
    request = h11.Request(method="POST", target=f"/hooks/{hook}", headers=list(headers.items()))
    try:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            for event in (request, h11.Data(data=body), h11.EndOfMessage()):
                await stream.send_all(connection.send(event) or b"")
            while (event := connection.next_event()) is h11.NEED_DATA:
                connection.receive_data(bytes(await stream.receive_some()))
            return isinstance(event, h11.Response) and event.status_code == 202
    except (OSError, trio.BrokenResourceError, h11.ProtocolError):
        return False
