"""What a browser loads: the page of the chat, its script and style, and the script by which another site
embeds it. No inline code, nothing from elsewhere; the texts that people wrote never become markup."""

from __future__ import annotations

import html
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import urlsplit

from flowlang.backends.http_server import Handler, HttpServer, Request, Response, WebSocket

from .chat import Chat

_FILES = files("flowlang.backends.web") / "page"
_KINDS = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


def add_chat(
    server: HttpServer, chat: Chat, title: str, origins: tuple[str, ...], public: str | None = None
) -> None:
    """`/chat` and what belongs to it; `public` is its server's address as others see it."""
    scheme = "http" if server.listen.certificate is None else "https"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors 'self' {' '.join(origins)}".rstrip()
    )
    page = _text("chat.html").replace("{title}", html.escape(title))

    async def connect(socket: WebSocket) -> None:
        if is_ours(socket.headers, scheme, public):
            await chat.talk(socket)
        else:
            await socket.refuse(403)

    server.add("GET", "/chat", _showing(page, "html", {"content-security-policy": policy}))
    for name in ("chat.js", "chat.css", "embed.js"):
        server.add("GET", f"/chat/{name}", _showing(_text(name), name.rpartition(".")[2]))
    server.add_socket("/chat/socket", connect)


def is_ours(headers: Mapping[str, str], scheme: str, public: str | None = None) -> bool:
    """Whether our own page opens a socket: a browser says of which site the page is that does (RFC 6455
    §10.2). `scheme` is that of what is not `public`."""
    origin, host = headers.get("origin"), headers.get("host")
    if origin is None:
        return True
    if public is not None and urlsplit(public).netloc == host:
        scheme = urlsplit(public).scheme
    return origin == f"{scheme}://{host}"


def _showing(text: str, kind: str, more: dict[str, str] | None = None) -> Handler:
    headers = {
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    response = Response(200, text.encode(), _KINDS[kind], headers | (more or {}))

    async def show(_request: Request) -> Response:
        return response

    return show


def _text(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")
