"""A small IMAP server (RFC 9051) on loopback: one mailbox, that can IDLE or not."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio
import trio.abc

_UID = re.compile(rb"UID (\w+) (\S+) ?(.*)", re.IGNORECASE)

_PARTIAL = re.compile(rb"<0\.(\d+)>")


def line_reader(stream: trio.abc.Stream) -> Callable[[], Awaitable[bytes]]:
    """Gives the next line, without its end, as often as it is called. Raises `trio.EndOfChannel`."""
    buffer = bytearray()

    async def line() -> bytes:
        while b"\r\n" not in buffer:
            more = await stream.receive_some()
            if not more:
                raise trio.EndOfChannel
            buffer.extend(more)
        found, _, rest = bytes(buffer).partition(b"\r\n")
        buffer[:] = rest
        return found

    return line


@dataclass
class ImapServer:
    """`mails` by UID; `seen` are those marked. `drop` connections are ended at their first FETCH,
    `hang_up` at their first IDLE. `told_with` goes out in one piece with the `+` of an IDLE."""

    can_idle: bool = True
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    drop: int = 0
    hang_up: int = 0
    told_with: bytes = b""
    came: trio.Event = field(default_factory=trio.Event)
    marked: trio.Event = field(default_factory=trio.Event)

    def add(self, data: bytes) -> None:
        self.mails[len(self.mails) + 1] = data
        self.came.set()
        self.came = trio.Event()

    async def all_seen(self) -> None:
        while self.seen != set(self.mails):
            await self.marked.wait()

    async def serve(self, stream: trio.abc.Stream) -> None:
        line = line_reader(stream)

        try:
            await stream.send_all(b"* OK ready\r\n")
            while True:
                tag, _, command = (await line()).partition(b" ")
                match command.split()[0].upper():
                    case b"CAPABILITY":
                        idle = b" IDLE" if self.can_idle else b""
                        await stream.send_all(b"* CAPABILITY IMAP4rev1" + idle + b"\r\n")
                    case b"LOGIN" if b'"right"' not in command:
                        await stream.send_all(tag + b" NO wrong\r\n")
                        continue
                    case b"UID" if b"FETCH" in command and self.drop:
                        self.drop -= 1
                        return
                    case b"UID":
                        await self._uid(stream, command)
                    case b"IDLE" if self.hang_up:
                        self.hang_up -= 1
                        return
                    case b"IDLE":
                        told, self.told_with = self.told_with, b""
                        came = self.came
                        await stream.send_all(b"+ idling\r\n" + told)
                        if not told:
                            if set(self.mails) == self.seen:
                                await came.wait()
                            await stream.send_all(b"* %d EXISTS\r\n" % len(self.mails))
                        assert await line() == b"DONE"
                    case _:
                        pass
                await stream.send_all(tag + b" OK done\r\n")
        except (trio.EndOfChannel, trio.BrokenResourceError, trio.ClosedResourceError):
            pass

    async def _uid(self, stream: trio.abc.Stream, command: bytes) -> None:
        found = _UID.match(command)
        assert found is not None
        match found[1].upper():
            case b"SEARCH":
                new = sorted(set(self.mails) - self.seen)
                await stream.send_all(b"* SEARCH %s\r\n" % b" ".join(b"%d" % each for each in new))
            case b"FETCH" if b"RFC822.SIZE" in found[3]:
                uid = int(found[2])
                size = len(self.mails[uid])
                await stream.send_all(b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, uid, size))
            case b"FETCH":
                uid = int(found[2])
                data, which = self.mails[uid], b"BODY[]"
                if (part := _PARTIAL.search(found[3])) is not None:
                    data, which = data[: int(part[1])], b"BODY[]<0>"
                head = b"* %d FETCH (UID %d %s {%d}\r\n" % (uid, uid, which, len(data))
                await stream.send_all(head + data + b")\r\n")
            case b"STORE":
                self.seen.add(int(found[2]))
                self.marked.set()
                self.marked = trio.Event()
            case _:
                raise AssertionError(command)


@asynccontextmanager
async def imap_server(server: ImapServer, context: ssl.SSLContext) -> AsyncIterator[int]:
    """Its port."""

    async def serve(stream: trio.SocketStream) -> None:
        encrypted = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
        try:
            await server.serve(encrypted)
        finally:
            await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()
