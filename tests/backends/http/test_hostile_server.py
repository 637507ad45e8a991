"""Machines that answer with nonsense, too much, or never to an end: each request ends with an outcome in its
time, a POST that may have been done is sent once, and the next request goes its way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import pytest
import trio

from flowlang.backends.http import HttpBackend, HttpSettings
from flowlang.backends.http_client import EVERYWHERE, ClientSettings, Patience
from flowlang.model.message_commands import HttpRequest
from flowlang.model.results import Done, Result
from flowlang.model.values import MILLISECOND, Outcome
from tests.backends.host import TestHost

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
NONSENSE = {
    "nothing": b"",
    "half a line": b"HTTP/1.1 2",
    "another protocol": b"220 mail.example ESMTP\r\n",
    "another version": b"HTTP/9.9 200 OK\r\n\r\n",
    "no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "a long number": b"HTTP/1.1 20000 OK\r\n\r\n",
    "half a head": HEAD + b"X: y\r\n",
    "no name of a header": HEAD + b": y\r\n\r\n",
    "a space before the colon": HEAD + b"Content-Length : 2\r\n\r\nok",
    "NUL in a header": HEAD + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
    "no length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length of letters": HEAD + b"Content-Length: many\r\n\r\n",
    "less than it says": HEAD + b"Content-Length: 100\r\n\r\nok",
    "no size of a chunk": CHUNKED + b"zz\r\nok\r\n0\r\n\r\n",
    "half a chunk": CHUNKED + b"ff\r\nok",
    "a large head": HEAD + b"X: " + b"y" * 300_000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: y\r\n" % each for each in range(20_000)) + b"\r\n",
    "an upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "binary": bytes(range(256)) * 10,
}
"""What it says; then it breaks off."""
ENDLESS = {
    "silence": b"",
    "go on": b"HTTP/1.1 100 Continue\r\n\r\n",
    "a head by the byte": b"x",
    "a body": HEAD + b"\r\n" + b"x" * 1_000,
    "chunks": CHUNKED + b"1\r\nx\r\n",
}
"""What it says again and again."""


@dataclass
class Odd:
    """A machine that says something odd; `asked` are the requests that came whole."""

    says: bytes = b""
    endless: bool = False
    port: int = 0
    asked: int = 0

    async def serve(self, stream: trio.SocketStream) -> None:
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                more = await stream.receive_some()
                if not more:
                    return
                head += more
            if b"GET /good" in head:
                await stream.send_all(GOOD)
                return
            self.asked += 1
            await stream.send_all(self.says)
            said = self.says.rpartition(b"\r\n\r\n")[2] or self.says
            while self.endless:
                await trio.sleep(0.001)
                await stream.send_all(said)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            await trio.aclose_forcefully(stream)


@asynccontextmanager
async def asking(server: Odd, patience_ms: int = 3_000) -> AsyncIterator[Any]:
    """What asks it, and gives the value that comes of it."""
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, server.serve, listeners)
        url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        client = ClientSettings(EVERYWHERE, Patience(2, 0.001), most_bytes=50_000)
        backend = HttpBackend(HttpSettings(client))
        await nursery.start(backend.run, TestHost())
        count = 0

        async def ask(method: Literal["GET", "POST"], path: str = "/x") -> Any:
            nonlocal count
            count += 1
            body = "x" if method == "POST" else None
            results: list[Result] = []
            command = HttpRequest(method, url + path, {}, body, patience_ms * MILLISECOND, f"af1/{count}")
            backend.send(command, results.append)
            with trio.fail_after(15):
                await backend.settle()
            (result,) = results
            assert isinstance(result, Done), result
            return result.value

        yield ask
        nursery.cancel_scope.cancel()


def told(value: Any) -> str:
    """`unknown`, `reason` or the status."""
    match value:
        case Outcome(name=name):
            return name
        case {"reason": str(reason)}:
            assert reason.isprintable()
            assert len(reason) <= 300
            return "reason"
        case {"status": int(status), "text": str(text), "headers": dict(headers)}:
            assert len(text) <= 50_000
            assert len(headers) <= 100
            return str(status)
        case _:
            raise AssertionError(value)


@pytest.mark.parametrize("says", NONSENSE)
async def test_nonsense_is_an_outcome_and_what_may_be_done_is_sent_once(says: str) -> None:
    server = Odd(NONSENSE[says])
    async with asking(server) as ask:
        posted = told(await ask("POST"))
        assert posted in ("unknown", "200", "101")
        assert server.asked == 1
        assert told(await ask("GET")) in ("reason", "200", "101")
        assert server.asked <= 3
        assert told(await ask("GET", "/good")) == "200"


@pytest.mark.parametrize("says", ENDLESS)
async def test_what_never_ends_is_given_up_in_time(says: str) -> None:
    server = Odd(ENDLESS[says], endless=True)
    async with asking(server, 300) as ask:
        assert told(await ask("POST")) in ("unknown", "reason")
        assert server.asked == 1
        assert told(await ask("GET")) == "reason"
        assert told(await ask("GET", "/good")) == "200"


async def test_noise_of_all_kinds_is_an_outcome() -> None:
    chance = Random(3)
    server = Odd()
    async with asking(server) as ask:
        for _ in range(150):
            given = bytearray(CHUNKED + b"2\r\nok\r\n0\r\n\r\n" if chance.random() < 0.5 else GOOD)
            for _ in range(chance.randint(1, 5)):
                given[chance.randrange(len(given))] = chance.randrange(256)
            server.says = bytes(given)
            told(await ask("POST"))
        assert server.asked == 150
        assert told(await ask("GET", "/good")) == "200"
