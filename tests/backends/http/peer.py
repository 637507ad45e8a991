"""A machine that is asked: a small HTTP/1.1 server by h11, on loopback, that answers as a test says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11
import trio


@dataclass
class Asked:
    """A request that came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    names: list[str] = field(default_factory=list)


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    breaks: bool = False
    """The connection ends without a word."""
    hangs: bool = False
    """Nothing comes, ever."""


Answer = Callable[[Asked], Reply]


@dataclass
class Peer:
    url: str
    port: int
    asked: list[Asked] = field(default_factory=list)
    news: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)


@asynccontextmanager
async def peer(answer: Answer) -> AsyncGenerator[Peer]:
    """Listens on a free port of 127.0.0.1."""
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        found = Peer(f"http://127.0.0.1:{port}", port)

        async def serve(stream: trio.SocketStream) -> None:
            await _serve(stream, found, answer)

        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield found
        nursery.cancel_scope.cancel()


async def _serve(stream: trio.SocketStream, found: Peer, answer: Answer) -> None:
    connection = h11.Connection(h11.SERVER)
    try:
        while True:
            asked = await _request(connection, stream.receive_some)
            if asked is None:
                return
            found.asked.append(asked)
            found.news.unpark_all()
            reply = answer(asked)
            if reply.breaks:
                return
            if reply.hangs:
                await trio.sleep_forever()
            headers = [("content-length", str(len(reply.body))), *reply.headers]
            for event in (
                h11.Response(status_code=reply.status, headers=headers),
                h11.Data(data=reply.body),
                h11.EndOfMessage(),
            ):
                await stream.send_all(connection.send(event) or b"")
            if connection.our_state is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()
    except (trio.BrokenResourceError, h11.RemoteProtocolError):
        return


async def _request(connection: h11.Connection, receive: Callable[[], Awaitable[bytes]]) -> Asked | None:
    asked: Asked | None = None
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await receive())
        elif isinstance(event, h11.Request):
            headers = {name.decode(): value.decode() for name, value in event.headers}
            names = [name.decode() for name, _ in event.headers]
            asked = Asked(event.method.decode(), event.target.decode(), headers, b"", names)
        elif isinstance(event, h11.Data):
            assert asked is not None
            asked.body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return asked
        else:
            return None
