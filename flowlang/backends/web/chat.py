"""Chat with people on a web page, by WebSocket: JSON texts, each an object whose `t` says what it is.

    page                                        server
    {"t": "hello", "token": "…", "last": 17,    {"t": "welcome", "epoch": "…"}
     "epoch": "…"}
    {"t": "say", "id": "…", "text": "Hello"}    {"t": "kept", "id": "…"}       or "nobody", "later"
    {"t": "seen", "n": 18}                      {"t": "message", "n": 18, "text": "…", "at": 1800000000}

The page makes its token itself, 32 random bytes; who has it is that visitor, whose address is made of its
hash and tells nobody the token. The page keeps what it said until it is `kept`, and says it again after a
break, by the same id; the server keeps what it sends, and a page that says `hello` gets what is behind its
`last`, or all where the server's numbers began anew since, which its `epoch` tells. So neither a break nor a
restart of the server loses or doubles anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

import trio

from flowlang.backends.border import Host, Incoming
from flowlang.backends.http_server import SocketClosed, Taken, WebSocket, take
from flowlang.core.json_values import whole_text
from flowlang.core.manners import Allowance
from flowlang.model.values import MINUTE, Value

from .mailbox import ChatMessage, Mailbox

VISITOR = re.compile(r"chat:v[0-9a-f]{24}\Z")

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")  # 32 bytes in Base64
_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_LONGEST = 4_000
_LARGEST = 2**53  # what JavaScript counts exactly, and SQLite holds
_HELLO = 10.0  # seconds
_AGAINST_THE_RULES, _TRY_AGAIN = 1008, 1013  # RFC 6455 §7.4.1 and its registry
_PAGES_OF_ONE = 20
_MOST_TAKEN = 20_000  # visitors who are known by what they said; after it by what they were answered
_WAITING = 300  # messages that a page may be behind; then it is to come back
_CONTROL = {number: " " for number in (*range(32), *range(127, 160), 0x2028, 0x2029) if number not in (9, 10)}


class Page:
    """One that is open. `seen` is the last number that it has."""

    def __init__(self, socket: WebSocket, seen: int) -> None:
        self.seen = seen
        self._socket = socket
        self._send, self._out = trio.open_memory_channel[str](_WAITING)
        self._scope = trio.CancelScope()

    def put(self, message: dict[str, Any]) -> None:
        """Queues something for it; one that takes nothing any more has to come back."""
        try:
            self._send.send_nowait(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
        except trio.WouldBlock:
            self._scope.cancel()

    async def serve(self, read: Callable[[dict[str, Any]], Awaitable[bool]]) -> None:
        """Sends what is queued and reads what comes, until it is gone, or `read` wants no more."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write)
                try:
                    while await read(_object(await self._socket.receive_text())):
                        pass
                except SocketClosed:
                    pass
                nursery.cancel_scope.cancel()

    async def _write(self) -> None:
        try:
            async for text in self._out:
                await self._socket.send_text(text)
        except SocketClosed:
            self._scope.cancel()


class Chat:
    """`name` is what routes call it. `pages` may be open at once, `newcomers` come in a minute."""

    def __init__(
        self,
        name: str,
        mailbox: Callable[[Callable[[ChatMessage], None]], Mailbox],
        host: Callable[[], Host],
        new_id: Callable[[], str],
        *,
        pages: int = 10_000,
        newcomers: int = 600,
    ) -> None:
        self.name = name
        self.mailbox = mailbox(self._push)
        self._host = host
        self._new_id = new_id
        self._most = pages
        self._newcomers = Allowance(newcomers, MINUTE)
        self._pages: dict[str, list[Page]] = {}
        self._taken: dict[str, None] = {}
        self._told: dict[str, int] = {}
        self._count = 0

    @property
    def open(self) -> int:
        """How many pages are."""
        return self._count

    @property
    def visitors(self) -> tuple[str, ...]:
        """The addresses of those who have a page open."""
        return tuple(self._pages)

    def _push(self, message: ChatMessage) -> None:
        for page in self._pages.get(message.visitor, ()):
            page.put(_plain(message))

    async def talk(self, socket: WebSocket) -> None:
        """One page, from its opening to its end."""
        if self._count >= self._most:
            await socket.refuse(503)
            return
        self._count += 1
        try:
            await socket.accept()
            await socket.close(await self._talk(socket))
        finally:
            self._count -= 1

    async def _talk(self, socket: WebSocket) -> int:
        """Why it ended, as WebSocket has it."""
        hello: dict[str, Any] = {}
        with trio.move_on_after(_HELLO):
            hello = _object(await socket.receive_text())
        match hello:
            case {"t": "hello", "token": str(token), "last": int(last)} if _TOKEN.match(token):
                pass
            case _:
                return _AGAINST_THE_RULES
        anew = hello.get("epoch") not in (None, "", self.mailbox.epoch)
        last = 0 if anew else min(max(last, 0), _LARGEST)
        visitor = f"chat:v{hashlib.sha256(token.encode()).hexdigest()[:24]}"
        if self._is_new(visitor) and not self._newcomers.take("all", self._host().now()):
            return _TRY_AGAIN
        if len(self._pages.get(visitor, ())) >= _PAGES_OF_ONE:
            return _TRY_AGAIN
        page = Page(socket, 0)
        self._report(page, visitor, last)  # what it has, and could not tell of before it broke
        page.put({"t": "welcome", "visitor": visitor.removeprefix("chat:"), "epoch": self.mailbox.epoch})
        for message in self.mailbox.since(visitor, last):
            page.put(_plain(message))
        self._pages.setdefault(visitor, []).append(page)
        try:
            await page.serve(lambda given: self._heard(page, visitor, given))
        finally:
            pages = self._pages[visitor]
            pages.remove(page)
            if not pages:
                del self._pages[visitor]
        return _AGAINST_THE_RULES

    def _is_new(self, visitor: str) -> bool:
        """Whoever has a page open, has said what a flow took, or is kept something is not, whatever he says
        that he has."""
        return not (visitor in self._pages or visitor in self._taken or self.mailbox.knows(visitor))

    async def _heard(self, page: Page, visitor: str, given: dict[str, Any]) -> bool:
        match given:
            case {"t": "say", "id": str(name), "text": str(text)} if _ID.match(name):
                page.put({"t": await self._take(visitor, name, text), "id": name})
                return True
            case {"t": "seen", "n": int(n)}:
                self._report(page, visitor, min(n, _LARGEST))
                return True
            case _:
                return False

    async def _take(self, visitor: str, name: str, text: str) -> Taken:
        text = whole_text(text[:_LONGEST]).translate(_CONTROL).strip()
        if not text:
            return "kept"
        data: dict[str, Value] = {"text": text, "subject": None, "id": f"{visitor}/{name}"}
        incoming = Incoming("chat", f"chat:{self.name}", visitor, f"chat-{self._new_id()}", data=data)
        taken = await take(self._host(), incoming)
        if taken == "kept":
            if len(self._taken) >= _MOST_TAKEN:
                del self._taken[next(iter(self._taken))]
            self._taken[visitor] = None
        return taken

    def _report(self, page: Page, visitor: str, n: int) -> None:
        """A page has all up to there: whose the messages are is told so once, whichever page it is."""
        told = self._told.get(visitor, 0)
        for message in self.mailbox.since(visitor, told) if n > page.seen else ():
            if message.n <= n:
                if self._host().report(message.key, "delivered") is not None:
                    break  # the next page that has it tells so again
                told = message.n
        page.seen = max(n, page.seen)
        if told:
            self._told.pop(visitor, None)
            if len(self._told) >= _MOST_TAKEN:
                del self._told[next(iter(self._told))]
            self._told[visitor] = told


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _plain(message: ChatMessage) -> dict[str, Any]:
    return {"t": "message", "n": message.n, "text": message.text, "at": message.at}
