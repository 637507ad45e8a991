"""What a browser loads: the page of the chat, its script and style, and the script by which another site
embeds it. No inline code, nothing from elsewhere; the texts that people wrote never become markup."""

from __future__ import annotations

import html
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


def add_chat(server: HttpServer, chat: Chat, title: str, origins: tuple[str, ...]) -> None:
    """`/chat` and what belongs to it."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors 'self' {' '.join(origins)}".rstrip()
    )
    page = _text("chat.html").replace("{title}", html.escape(title))

    async def connect(socket: WebSocket) -> None:
        if _is_ours(socket):
            await chat.talk(socket)
        else:
            await socket.refuse(403)

    server.add("GET", "/chat", _showing(page, "html", {"content-security-policy": policy}))
    for name in ("chat.js", "chat.css", "embed.js"):
        server.add("GET", f"/chat/{name}", _showing(_text(name), name.rpartition(".")[2]))
    server.add_socket("/chat/socket", connect)


def _is_ours(socket: WebSocket) -> bool:
    """Whether our own page opens it: a browser says of which site the page is that does (RFC 6455 §10.2)."""
    origin = socket.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == socket.headers.get("host")
    except ValueError:  # brackets without an IPv6 address between them
        return False


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
