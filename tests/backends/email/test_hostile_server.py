"""SMTP servers that break off or talk nonsense at each step: a mail goes out once or it is known that nobody
knows, and no server ends more than its connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import pytest
import trio

from flowlang.backends.email import EmailBackend, Patience, Sender, Server, Writer
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from tests.backends.host import TestHost

STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot")
GOOD = {
    "greeting": b"220 here\r\n", "EHLO": b"250-here\r\n250 SIZE 1000000\r\n", "MAIL": b"250 ok\r\n",
    "RCPT": b"250 ok\r\n", "DATA": b"354 go on\r\n", "dot": b"250 taken\r\n", "RSET": b"250 ok\r\n",
    "QUIT": b"221 bye\r\n", "HELO": b"250 here\r\n",
}  # fmt: skip
NONSENSE = {
    "breaks off": b"",
    "half a line": b"25",
    "no number": b"hello there\r\n",
    "binary": bytes(range(256)) + b"\r\n",
    "another number": b"199 odd\r\n",
    "an endless line": b"2" * 20_000 + b"\r\n",
    "closing": b"421 4.3.2 closing\r\n",
}
"""What it says; then it breaks off."""


@dataclass
class Odd:
    """A server that says something odd at one step, so many times, and is a good one after that. `taken` are
    the mails behind whose dot it came. `hangs`: it does not break off then, but says no more."""

    step: str
    says: bytes
    times: int = 1
    taken: list[bytes] = field(default_factory=list)
    hangs: trio.Event | None = None

    async def serve(self, stream: trio.SocketStream) -> None:
        buffer = bytearray()

        async def until(end: bytes) -> bytes:
            while end not in buffer:
                more = await stream.receive_some()
                if not more:
                    raise trio.EndOfChannel
                buffer.extend(more)
            found, _, rest = bytes(buffer).partition(end)
            buffer[:] = rest
            return found

        async def answer(step: str) -> None:
            if step == self.step and self.times:
                self.times -= 1
                await stream.send_all(self.says)
                if self.hangs is not None:
                    self.hangs.set()
                    await trio.sleep_forever()
                raise trio.EndOfChannel
            await stream.send_all(GOOD[step])

        try:
            await answer("greeting")
            while True:
                command = (await until(b"\r\n")).split()[0].decode().upper()
                await answer(command)
                if command == "DATA":
                    self.taken.append(await until(b"\r\n.\r\n"))
                    await answer("dot")
        except (trio.EndOfChannel, trio.BrokenResourceError):
            await stream.aclose()


@asynccontextmanager
async def sending(server: Odd) -> AsyncIterator[tuple[Callable[[str], None], list[Result]]]:
    """What sends a mail of a key, and the results."""
    results: list[Result] = []

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, server.serve, listeners)
        where = Server("127.0.0.1", listeners[0].socket.getsockname()[1], "none", timeout=5.0)
        sender = Sender(where, patience=Patience(0.001, 0.002, 5.0), chance=Random(1), connections=1)
        backend = EmailBackend(Writer("mailto:desk@clinic.example"), sender)
        await nursery.start(backend.run, TestHost())

        def send(key: str) -> None:
            mail = SendMessage("email", "mailto:ann@home.example", "Hello", key, subject="Hello")
            backend.send(mail, results.append)

        yield send, results
        with trio.fail_after(20):
            await backend.settle()
        nursery.cancel_scope.cancel()


def names(results: list[Result]) -> list[str]:
    return [each.value.name for each in results if isinstance(each, Done) and isinstance(each.value, Outcome)]


@pytest.mark.parametrize("says", NONSENSE)
@pytest.mark.parametrize("step", STEPS)
async def test_a_mail_goes_out_once_or_nobody_knows(step: str, says: str) -> None:
    server = Odd(step, NONSENSE[says])
    async with sending(server) as (send, results):
        send("af1/1")
        send("af1/2")
    found = names(results)
    if step == "dot" and says != "closing":
        assert sorted(found) == ["sent", "unknown"]
        assert len(server.taken) == 2
    elif says == "an endless line" and step in ("greeting", "EHLO"):  # smtplib makes a 500 of it
        assert sorted(found) == ["failed", "sent"]
        assert len(server.taken) == 1
    else:  # nothing was taken, or it said so
        assert found == ["sent", "sent"]
        assert len(server.taken) == (3 if step == "dot" else 2)


@pytest.mark.parametrize("step", STEPS)
async def test_a_server_that_says_no_more_keeps_the_engine_from_nothing(step: str) -> None:
    server = Odd(step, b"2", hangs=trio.Event())
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, server.serve, listeners)
        where = Server("127.0.0.1", listeners[0].socket.getsockname()[1], "none", timeout=30.0)
        backend = EmailBackend(Writer("mailto:desk@clinic.example"), Sender(where))
        await nursery.start(backend.run, TestHost())
        mail = SendMessage("email", "mailto:ann@home.example", "Hello", "af1/1", subject="Hello")
        backend.send(mail, lambda _result: None)
        with trio.fail_after(5):
            assert server.hangs is not None
            await server.hangs.wait()
        before = trio.current_time()
        nursery.cancel_scope.cancel()
    assert trio.current_time() - before < 5
