"""The HTTP server that backends share: what comes in by HTTP comes through here. Sections of `flow.toml` with
the same `listen` share one listener."""

from .messages import Handler, Request, Response, plain
from .server import LISTEN, HttpServer, Listen, check_server, server_of
from .taking import Taken, answered, reported, take
from .websocket import SocketClosed, SocketHandler, WebSocket

__all__ = [
    "LISTEN",
    "Handler",
    "HttpServer",
    "Listen",
    "Request",
    "Response",
    "SocketClosed",
    "SocketHandler",
    "Taken",
    "WebSocket",
    "answered",
    "check_server",
    "plain",
    "reported",
    "server_of",
    "take",
]
