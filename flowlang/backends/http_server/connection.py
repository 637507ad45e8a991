"""One connection of HTTP/1.1 by h11: request after request, each with limits on its size and its time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import h11
import trio
from wsproto.utilities import RemoteProtocolError

from .messages import Handler, Request, Response, plain
from .websocket import SocketClosed, SocketHandler, WebSocket

Find = Callable[[str, str], "Handler | int"]
"""By method and path: who handles it, or a status."""

_HEAD = 16 * 1024  # bytes of a request's first lines
_BYTES = 16 * 1024
_IDLE = 75.0
"""Seconds between two requests on one connection: longer than proxies keep theirs."""
_HEAD_WITHIN = 10.0
"""Seconds for a request's first lines, from their first byte."""
_BODY = 10.0
_SLOWEST = 20.0
_LINGER = 1.0
_MOST_PARTS = 64

_log = logging.getLogger("flowlang.http")


@dataclass(slots=True)
class Bodies:
    """Bytes of bodies that all connections of a server hold, and may."""

    held: int = 0
    most: int = 64 * 2**20


class _TooMuchError(Exception):
    """All bodies together are too large for now."""


class Connection:
    """`find` tells who handles what, `sockets` who talks on which path."""

    def __init__(
        self,
        stream: trio.abc.Stream,
        client: str,
        find: Find,
        sockets: Mapping[str, SocketHandler],
        bodies: Bodies | None = None,
    ) -> None:
        self._stream = stream
        self._client = client
        self._find = find
        self._sockets = sockets
        self._bodies = bodies or Bodies()
        self._held = 0
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD)

    async def serve(self) -> None:
        """Until it ends."""
        try:
            while await self._one():
                self._http.start_next_cycle()
        except (h11.RemoteProtocolError, h11.LocalProtocolError) as error:
            status = getattr(error, "error_status_hint", 400)
            with suppress(h11.LocalProtocolError, trio.TooSlowError, trio.BrokenResourceError):
                if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                    await self._answer(plain(status))
                    await self._linger()
        except (trio.TooSlowError, trio.BrokenResourceError, trio.ClosedResourceError, SocketClosed):
            pass  # whoever it was is gone, or too slow to wait for

    async def _one(self) -> bool:
        """One request; whether there may be another."""
        with trio.fail_after(_IDLE) as scope:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(bytes(await self._stream.receive_some(_BYTES)))
                scope.deadline = min(scope.deadline, trio.current_time() + _HEAD_WITHIN)
        if not isinstance(event, h11.Request):
            return False
        path, _, query = event.target.decode("ascii").partition("?")
        headers = _headers(event)
        upgrades = event.method == b"GET" and event.http_version == b"1.1"  # RFC 6455 §4.1
        if upgrades and path in self._sockets and headers.get("upgrade", "").lower() == "websocket":
            await self._talk(event, headers, self._sockets[path])
            return False
        method = event.method.decode("ascii")
        handler = self._find(method, path)
        if isinstance(handler, int):
            await self._answer(plain(handler))
        else:
            request = Request(method, path, query, headers, self._client, self._read)
            try:
                await self._answer(await _handled(handler, request))
            finally:
                self._bodies.held -= self._held
                self._held = 0
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            return True
        if self._http.their_state is h11.SEND_BODY:
            await self._linger()
        return False

    async def _linger(self) -> None:
        """Lets the answer arrive before the connection is closed on what still comes (RFC 9112 §9.6)."""
        if isinstance(self._stream, trio.SocketStream):
            with trio.move_on_after(_LINGER):
                await self._stream.send_eof()
                for _ in range(_MOST_PARTS):
                    if not await self._stream.receive_some(_BYTES):
                        return

    async def _talk(self, event: h11.Request, headers: Mapping[str, str], handler: SocketHandler) -> None:
        socket = WebSocket(self._stream, headers)
        try:
            socket.upgrade(list(event.headers), event.target.decode("ascii"), self._http.trailing_data[0])
        except (RemoteProtocolError, ValueError):  # ValueError: wsproto decodes headers as ASCII
            await self._answer(plain(400))
            return
        await socket.serve(handler)

    async def _read(self, most: int) -> bytes | None:
        body = bytearray()
        if self._http.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[]))
        with trio.move_on_after(_BODY):
            while True:
                event = await self._next()
                match event:
                    case h11.Data():
                        body += event.data
                        self._held += len(event.data)
                        self._bodies.held += len(event.data)
                        if self._bodies.held > self._bodies.most:
                            raise _TooMuchError
                        if len(body) > most:
                            return None
                    case h11.EndOfMessage():
                        return bytes(body)
                    case _:
                        return None
        return None

    async def _next(self) -> object:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._http.receive_data(bytes(await self._stream.receive_some(_BYTES)))

    async def _answer(self, response: Response) -> None:
        headers = {
            "content-type": response.kind,
            **response.headers,
            "content-length": str(len(response.body)),
        }
        if self._http.their_state is not h11.DONE:  # a body that nobody read
            headers["connection"] = "close"
        sent = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        await self._send(h11.Response(status_code=response.status, headers=sent))
        if response.body:
            await self._send(h11.Data(data=response.body))
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            with trio.fail_after(_SLOWEST):
                await self._stream.send_all(data)


async def _handled(handler: Handler, request: Request) -> Response:
    try:
        return await handler(request)
    except (h11.RemoteProtocolError, trio.BrokenResourceError, trio.ClosedResourceError):
        raise  # theirs, while the body was read
    except _TooMuchError:
        return plain(503, headers={"retry-after": "5"})
    except Exception:  # noqa: BLE001 (a mistake of ours costs this request alone)
        _log.exception("a request to %s failed", request.path[:200].encode("ascii", "backslashreplace"))
        return plain(500)


def _headers(event: h11.Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in event.headers:
        key, text = name.decode("ascii"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
