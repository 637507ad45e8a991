"""IMAP servers that break off or talk nonsense at each step: the mail is read when they are well again, and
none ends more than its connection."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest
import trio

from flowlang.backends.email import EmailBackend, ImapMailbox, Patience, Server
from tests.backends.host import TestHost

from .imap_peer import line_reader

MAIL = b"From: ann@home.example\r\nMessage-ID: <1@home.example>\r\n\r\nHello\r\n"
NONSENSE = {
    "breaks off": b"",
    "half a line": b"* OK",
    "another protocol": b"220 mail.example ESMTP\r\n",
    "goodbye": b"* BYE going down\r\n",
    "no": b"%s NO not now\r\n",
    "bad": b"%s BAD what\r\n",
    "a tag of nobody": b"XXXX OK done\r\n",
    "an odd status": b"%s MAYBE done\r\n",
    "a large literal": b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n",
    "half a literal": b"* 1 FETCH (UID 1 BODY[] {100}\r\nhalf",
    "odd numbers": b"* SEARCH -1 x \xff 99999999999999999999\r\n%s OK done\r\n",
    "no size": b"* 1 FETCH (UID 1 RFC822.SIZE many)\r\n%s OK done\r\n",
    "nothing found": b"%s OK done\r\n",
    "an endless line": b"* " + b"x" * 1_100_000 + b"\r\n",
    "binary": bytes(range(256)) + b"\r\n",
}
"""What it says, `%s` the tag of the command; then it breaks off."""
STEPS = ("greeting", "CAPABILITY", "SELECT", "NOOP", "SEARCH", "SIZE", "BODY", "STORE", "IDLE")


@dataclass
class Odd:
    """A server with one mail that says something odd at a step, so many times, and is a good one after that.
    `hangs`: it does not break off then, but says no more."""

    step: str
    says: bytes
    times: int = 1
    seen: bool = False
    hangs: trio.Event | None = None

    async def serve(self, stream: trio.SocketStream) -> None:
        line = line_reader(stream)

        async def say(step: str, tag: bytes, *good: bytes) -> None:
            if step == self.step and self.times:
                self.times -= 1
                await stream.send_all(self.says.replace(b"%s", tag))
                if self.hangs is not None:
                    self.hangs.set()
                    await trio.sleep_forever()
                raise trio.EndOfChannel
            await stream.send_all(b"".join((*good, tag + b" OK done\r\n" if tag else b"")))

        try:
            await say("greeting", b"", b"* PREAUTH ready\r\n")
            while True:
                tag, _, command = (await line()).partition(b" ")
                match command.upper().split():
                    case [b"CAPABILITY"]:
                        await say("CAPABILITY", tag, b"* CAPABILITY IMAP4rev1 IDLE\r\n")
                    case [b"UID", b"SEARCH", *_]:
                        await say("SEARCH", tag, b"* SEARCH\r\n" if self.seen else b"* SEARCH 1\r\n")
                    case [b"UID", b"FETCH", _, b"(RFC822.SIZE)"]:
                        await say("SIZE", tag, b"* 1 FETCH (UID 1 RFC822.SIZE %d)\r\n" % len(MAIL))
                    case [b"UID", b"FETCH", *_]:
                        await say("BODY", tag, b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n" % (len(MAIL), MAIL))
                    case [b"UID", b"STORE", *_]:
                        await say("STORE", tag)
                        self.seen = True
                    case [b"IDLE"]:
                        await say("IDLE", b"", b"+ idling\r\n")
                        await line()
                        await stream.send_all(tag + b" OK done\r\n")
                    case [other, *_]:
                        await say(other.decode(), tag)
                    case _:
                        raise trio.EndOfChannel
        except (trio.EndOfChannel, trio.BrokenResourceError, trio.ClosedResourceError):
            await trio.aclose_forcefully(stream)


async def is_read(server: Odd) -> TestHost:
    """Returns when the mail is marked, and the server has been odd."""
    host = TestHost()
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, server.serve, listeners)
        where = Server("127.0.0.1", listeners[0].socket.getsockname()[1], "none", timeout=5.0)
        box = ImapMailbox(where, "mailto:desk@clinic.example", every=0.01, patience=Patience(0.001, 0.01))
        await nursery.start(EmailBackend(receivers=[box]).run, host)
        with trio.fail_after(20):
            while not server.seen or server.times:  # noqa: ASYNC110 (it tells nobody)
                await trio.sleep(0.005)
        nursery.cancel_scope.cancel()
    return host


@pytest.mark.parametrize("says", NONSENSE)
@pytest.mark.parametrize("step", STEPS)
async def test_a_mail_is_read_when_the_server_is_well(step: str, says: str) -> None:
    host = await is_read(Odd(step, NONSENSE[says]))
    assert {each.data["id"] for each in host.offered} <= {"1@home.example"}  # type: ignore[index, call-overload]
    lost = step in ("SIZE", "BODY") and says in ("no size", "nothing found")  # it says that it is not there
    assert len(host.offered) in ((0, 1) if lost else (1, 2))


async def test_noise_of_all_kinds_ends_its_connection_alone() -> None:
    chance = Random(5)
    for _ in range(15):
        says = bytearray(b"* 1 FETCH (UID 1 BODY[] {10}\r\n0123456789)\r\n* OK [X 1] y\r\n%s OK done\r\n")
        for _ in range(chance.randint(1, 6)):
            says[chance.randrange(len(says))] = chance.randrange(256)
        await is_read(Odd(chance.choice(STEPS), bytes(says)))


@pytest.mark.parametrize("step", STEPS)
async def test_a_server_that_says_no_more_keeps_the_engine_from_nothing(step: str) -> None:
    server = Odd(step, b"* OK", hangs=trio.Event())
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, server.serve, listeners)
        where = Server("127.0.0.1", listeners[0].socket.getsockname()[1], "none", timeout=30.0)
        box = ImapMailbox(where, "mailto:desk@clinic.example")
        await nursery.start(EmailBackend(receivers=[box]).run, TestHost())
        with trio.fail_after(5):
            assert server.hangs is not None
            await server.hangs.wait()
        before = trio.current_time()
        nursery.cancel_scope.cancel()
    assert trio.current_time() - before < 5
