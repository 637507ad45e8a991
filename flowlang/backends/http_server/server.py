"""One listener for what comes in by HTTP: h11 and wsproto on trio, in the engine's own event loop.

No ASGI server is between them: those for trio shield what they send from being cancelled, so that one page
that reads nothing keeps the whole engine from ending. Backends add their paths when they are made. The first
that runs serves for all; the others wait until it can be reached.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import trio

from flowlang.backends.border import BackendError
from flowlang.backends.files import raise_file_limit
from flowlang.backends.tls import server_context
from flowlang.project.backends import Section, SettingsError
from flowlang.project.shapes import File, Shape, Text, Told

from .connection import Bodies, Connection
from .messages import Handler
from .websocket import SocketHandler

_log = logging.getLogger("flowlang.http")

_BACKLOG = 1024
_MOST = 20_000
"""Connections at once: each costs about 20 KiB. At most half of the files that the process may have open."""
_MOST_OF_ONE = 1_000
"""From one public address, behind which an office may be. A proxy of the operator's is at another."""
_HANDSHAKE = 10.0
_PORT = r"(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[0-5]?[0-9]{1,4})"
_LISTEN = re.compile(rf"(\[[0-9a-fA-F:.]+\]|[^:\s\[\]]+):{_PORT}")

LISTEN: Mapping[str, Shape] = {
    "listen": Told(Text("ADDRESS:PORT, as in 127.0.0.1:8080", _LISTEN), "where it is served"),
    "public_url": Told(
        Text('an address, as in "https://flow.example"', re.compile(r"https?://[!-~]{1,200}")),
        "that address as others see it, behind a proxy",
    ),
    "certificate": Told(File(), "with it and `key` it is served by HTTPS"),
    "key": Told(File(), "the certificate's"),
}
"""Settings of a section that is served; `listen` is required."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where, and as whom: `address` is ADDRESS:PORT, port 0 for any that is free."""

    address: str
    certificate: str | None = None
    key: str | None = None

    @property
    def host(self) -> str:
        """The address alone."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port alone."""
        return int(self.address.rpartition(":")[2])


class HttpServer:
    """Paths are added before it runs."""

    def __init__(self, listen: Listen) -> None:
        self.listen = listen
        self._handlers: dict[str, dict[str, Handler]] = {}
        self._sockets: dict[str, SocketHandler] = {}
        self._serving = False
        self._where: str | None = None
        self._started = trio.Event()
        self._count = 0
        self._most = _MOST
        self._clients = Counter[str]()
        self._bodies = Bodies()

    def add(self, method: str, path: str, handler: Handler) -> None:
        """A path. What two backends both want raises `ValueError`."""
        handlers = self._handlers.setdefault(path, {})
        if method in handlers:
            raise ValueError(f"two backends want the path {path} at {self.listen.address}")
        handlers[method] = handler

    def add_socket(self, path: str, handler: SocketHandler) -> None:
        """The same for a WebSocket."""
        if path in self._sockets:
            raise ValueError(f"two backends want the path {path} at {self.listen.address}")
        self._sockets[path] = handler

    @property
    def url(self) -> str:
        """Where it can be reached, once it runs."""
        assert self._where is not None
        return self._where

    async def run(self, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Serves until cancelled, or waits while another does. Raises `BackendError`."""
        if self._serving:
            await self._started.wait()
            task_status.started(self.url)
            await trio.sleep_forever()
        self._serving = True
        self._most = min(_MOST, raise_file_limit() // 2)
        context = _context(self.listen)
        try:
            listeners = await trio.open_tcp_listeners(
                self.listen.port, host=self.listen.host, backlog=_BACKLOG
            )
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise BackendError(f"HTTP cannot listen on {self.listen.address}: {why}") from None

        async def serve(stream: trio.SocketStream) -> None:
            await self._serve(stream, context)

        port = listeners[0].socket.getsockname()[1]
        host = f"[{self.listen.host}]" if ":" in self.listen.host else self.listen.host
        self._where = f"{'https' if context is not None else 'http'}://{host}:{port}"
        self._started.set()
        task_status.started(self.url)
        await trio.serve_listeners(serve, listeners)

    async def _serve(self, stream: trio.SocketStream, context: ssl.SSLContext | None) -> None:
        async with stream:
            try:
                client = str(stream.socket.getpeername()[0])
            except OSError:
                return  # gone already
            if self._count >= self._most or self._clients[client] >= most_of(client):
                return
            self._count += 1
            self._clients[client] += 1
            try:
                if context is None:
                    await Connection(stream, client, self._find, self._sockets, self._bodies).serve()
                    return
                secure = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
                with trio.fail_after(_HANDSHAKE):
                    await secure.do_handshake()
                await Connection(secure, client, self._find, self._sockets, self._bodies).serve()
            except (OSError, trio.BrokenResourceError, trio.TooSlowError):
                pass  # whoever it was is gone
            except BaseExceptionGroup as group:
                ours, others = group.split(Exception)
                if ours is not None:
                    _log.error("a connection failed", exc_info=ours)
                if others is not None:  # who cancels is obeyed
                    raise others from None
            except Exception:  # noqa: BLE001 (a mistake of ours costs this connection alone)
                _log.exception("a connection failed")
            finally:
                self._count -= 1
                self._clients[client] -= 1
                if not self._clients[client]:
                    del self._clients[client]

    def _find(self, method: str, path: str) -> Handler | int:
        handlers = self._handlers.get(path)
        if handlers is None:
            return 404
        return handlers.get(method, 405)


def most_of(client: str) -> int:
    """How many connections an address may have at once."""
    return _MOST_OF_ONE if ip_address(client.partition("%")[0]).is_global else _MOST


def _context(listen: Listen) -> ssl.SSLContext | None:
    """Raises `BackendError`."""
    return server_context(listen.certificate, listen.key) if listen.certificate is not None else None


@dataclass(slots=True, eq=False)
class _Checked:
    """What the sections before say of one address."""

    files: Mapping[str, str]
    paths: set[str] = field(default_factory=set[str])


def check_server(section: Section, paths: Iterable[str] = ()) -> None:
    """What the settings alone tell of the server of a section, which wants these paths for itself."""
    given = section.settings
    for name, other in (("certificate", "key"), ("key", "certificate")):
        if name in given and other not in given:
            raise SettingsError(f"`{name}` needs `{other}` beside it", name)
    files = {name: given[name] for name in ("certificate", "key") if name in given}
    address = given["listen"]
    before = section.surroundings.shared.one(_Checked, address, lambda: _Checked(files))
    if files and before.files != files:
        raise SettingsError("another section listens here with another certificate", "certificate")
    for path in paths:
        if path in before.paths:
            raise SettingsError(f"two backends want the path {path} at {address}", "listen")
        before.paths.add(path)


def server_of(section: Section) -> HttpServer:
    """The server of a section's settings, shared with those that listen at the same address."""
    check_server(section)
    given, folder = section.settings, section.surroundings.folder
    for name in ("certificate", "key"):
        if name in given and not (folder / given[name]).is_file():
            raise SettingsError(f"there is no file {folder / given[name]}", name)
    found = {name: str(folder / given[name]) for name in ("certificate", "key") if name in given}
    listen = Listen(given["listen"], **found)
    try:
        _context(listen)
    except BackendError as error:
        raise SettingsError(str(error), "certificate") from None
    try:
        socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise SettingsError(f"`{listen.host}` is no address of this machine", "listen") from None
    return section.surroundings.shared.one(HttpServer, listen.address, lambda: HttpServer(listen))
