"""The HTTP server that backends share: what comes in by HTTP comes through here, one listener for an address.

    listen = "127.0.0.1:8080"
    public_url = "https://flow.clinic.example"   # as others see it: behind a proxy, and what gateways sign
    certificate = "tls/cert.pem"                 # with `key` it serves HTTPS by itself
    key = "tls/key.pem"

Sections of `flow.toml` with the same `listen` share the listener.
"""

from .messages import Handler, Request, Response, plain
from .server import LISTEN, HttpServer, Listen, server_of
from .taking import Taken, answered, take
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
    "plain",
    "server_of",
    "take",
]
