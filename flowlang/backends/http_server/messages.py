"""What a handler is given, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

_REASONS = {
    400: "bad request", 404: "not found", 405: "method not allowed", 408: "too slow", 413: "too large",
    500: "this went wrong here", 503: "try again",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """`path` and `query` as they came, escapes and all; `headers` have small letters, those that came twice
    joined by `, `. `client` is the address that it came from; `read` gives the body, `None` where it is
    larger than so many bytes or does not come."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    client: str
    read: Callable[[int], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True)
class Response:
    """Headers are ours: nothing from outside gets into them."""

    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def plain(status: int, text: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """A line of text."""
    line = text if text is not None else _REASONS.get(status, "")
    return Response(status, f"{line}\n".encode() if line else b"", headers=headers or {})


Handler = Callable[[Request], Awaitable[Response]]
