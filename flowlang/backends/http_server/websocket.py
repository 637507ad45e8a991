"""One WebSocket (RFC 6455) by wsproto: texts in and out, pings, limits. Whoever takes nothing, is silent to
pings, or sends more frames than a person makes is closed; no send ever waits longer than `_SLOWEST`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

TOO_LARGE, POLICY, UNSUPPORTED, PROTOCOL = 1009, 1008, 1003, 1002  # RFC 6455 §7.4.1

_PING = 20.0
"""Seconds between two pings: proxies close what is silent for a minute."""
_SILENT = 60.0
_SLOWEST = 20.0
_LARGEST = 64 * 1024  # characters of a text
_BYTES = 4 * 1024
"""Read at once: of the smallest frames they are 700, or 6 ms."""
_FRAMES, _FRAMES_A_SECOND = 1_000.0, 100.0
"""Frames at once, and in the long run; a page says that it has each of 200 messages when it comes back."""


class SocketClosed(Exception):
    """The other end is gone, or has been closed."""


SocketHandler = Callable[["WebSocket"], Awaitable[None]]


class WebSocket:
    """`headers` are those of its request, in small letters."""

    def __init__(self, stream: trio.abc.Stream, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self._stream = stream
        self._ws = WSConnection(ConnectionType.SERVER)
        self._lock = trio.Lock()
        self._texts: list[str] = []
        self._part = ""
        self._open = False
        self._closed = False
        self._frames = _FRAMES
        self._counted = trio.current_time()

    def upgrade(self, headers: list[tuple[bytes, bytes]], target: str, more: bytes) -> None:
        """Takes the request over from HTTP. Raises `RemoteProtocolError` for one that is no handshake."""
        self._ws.initiate_upgrade_connection(headers, target)
        if more:
            self._ws.receive_data(more)
        next(iter(self._ws.events()), None)  # the request itself

    async def serve(self, handler: SocketHandler) -> None:
        """Lets the handler talk; closes behind it."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._ping)
            try:
                await handler(self)
                await self.close()
            except SocketClosed:
                pass
            nursery.cancel_scope.cancel()

    async def accept(self) -> None:
        """Completes the handshake."""
        self._open = True
        await self._send(AcceptConnection())

    async def refuse(self, status: int) -> None:
        """Answers it with an HTTP status instead."""
        self._closed = True
        await self._send(RejectConnection(status_code=status))

    async def send_text(self, text: str) -> None:
        """Sends a text; returns when the system has it. Raises `SocketClosed`."""
        await self._send(TextMessage(data=text))

    async def receive_text(self) -> str:
        """The next text. Raises `SocketClosed`."""
        while not self._texts:
            try:
                with trio.fail_after(_SILENT):
                    data = bytes(await self._stream.receive_some(_BYTES))
                self._ws.receive_data(data or None)
                for event in self._ws.events():
                    await self._count()
                    await self._take(event)
            except RemoteProtocolError:
                await self.close(PROTOCOL)
                raise SocketClosed from None
            except (trio.TooSlowError, trio.BrokenResourceError, trio.ClosedResourceError):
                raise SocketClosed from None
        return self._texts.pop(0)

    async def close(self, code: int = 1000) -> None:
        """Says goodbye, once."""
        if self._open and not self._closed:
            self._closed = True
            await self._send(CloseConnection(code=code))

    async def _count(self) -> None:
        """One more frame. Raises `SocketClosed` where it is one too many."""
        now = trio.current_time()
        self._frames = min(_FRAMES, self._frames + (now - self._counted) * _FRAMES_A_SECOND) - 1
        self._counted = now
        if self._frames < 0:
            await self.close(POLICY)
            raise SocketClosed

    async def _take(self, event: Event) -> None:
        match event:
            case TextMessage():
                self._part += event.data
                if len(self._part) > _LARGEST:
                    await self.close(TOO_LARGE)
                    raise SocketClosed
                if event.message_finished:
                    self._texts.append(self._part)
                    self._part = ""
            case BytesMessage():
                await self.close(UNSUPPORTED)
                raise SocketClosed
            case Ping():
                await self._send(event.response())
            case CloseConnection():
                if not self._closed:
                    self._closed = True
                    await self._send(event.response())
                raise SocketClosed
            case _:
                assert isinstance(event, Pong | Event)

    async def _ping(self) -> None:
        while True:
            await trio.sleep(_PING)
            if self._open and not self._closed:
                try:
                    await self._send(Ping())
                except SocketClosed:
                    return  # the reader finds out too

    async def _send(self, event: Event) -> None:
        async with self._lock:
            try:
                with trio.fail_after(_SLOWEST):
                    await self._stream.send_all(self._ws.send(event))
            except (
                trio.TooSlowError, trio.BrokenResourceError, trio.ClosedResourceError, LocalProtocolError,
            ):  # fmt: skip
                self._closed = True
                raise SocketClosed from None
