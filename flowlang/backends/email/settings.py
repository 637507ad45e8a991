"""What an operator sets of e-mail, as values."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from flowlang.backends.backoff import Backoff
from flowlang.backends.tls import client_context

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that we log in to. `tls` encrypts from the first byte, `starttls` after a plain beginning; the
    certificate has to be for `host` in both. `ca_file` has authorities besides the system's. A password goes
    out encrypted or not at all. `timeout` is in seconds."""

    host: str
    port: int
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.user is not None and self.security == "none":
            raise ValueError(f"the password for {self.host} would go out in the clear; use TLS")

    def context(self) -> ssl.SSLContext:
        """How to encrypt: names and certificates are checked. Raises `BackendError`."""
        return client_context(self.ca_file)


def cut(sock: socket.socket | None) -> None:
    """Ends a connection under a thread that reads from it. To close it would wait for the thread, and the
    thread for the other side: what it reads from has a lock."""
    if sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # also under TLS: no goodbye, which might wait


@dataclass(frozen=True, slots=True)
class Patience(Backoff):
    """How long and often to try again, in seconds; after `give_up` it has failed. RFC 5321 §4.5.4.1 would
    have an MTA wait 30 minutes and try for days; a script waits for this one."""

    first: float = 5.0
    longest: float = 600.0
    give_up: float = 3600.0
