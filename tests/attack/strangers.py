"""Those who send what nobody asked for: addresses of the loopback without number, and what they send, bent
messages and forged ones. They have seen the calls: they know their Call-IDs, tags and branches.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Self

import trio

from flowlang.sip.dialog import Dialog
from tests.sip.test_hostile import bend, seeds
from tests.sip.wire import SDP, request

from .torture import alive_request

HOSTS = 100
RATE = 1000.0  # messages a second, from all of them: what is sent is to be read, not lost
STREAMED = 0.2  # of the messages, in pieces by connections
PIECE = 97  # bytes
HELD = SDP + "a=sendonly\r\n"
REFER = "Refer-To: <sip:robber@127.0.0.1>\r\n"
KINDS = ("BYE", "CANCEL", "INVITE", "REFER")


class Strangers:
    """`HOSTS` sockets. `port` is the server's, `known` are the dialogs of the calls, as the callers have
    them, with the branch of each INVITE."""

    def __init__(self, port: int, known: Sequence[tuple[Dialog, str]], seed: int) -> None:
        self._server = ("127.0.0.1", port)
        self._known = known
        self._chance = random.Random(seed)
        self._stack = ExitStack()
        self._sockets: list[trio.socket.SocketType] = []
        self._number = 0

    async def __aenter__(self) -> Self:
        net = 128 + os.getpid() % 100
        for host in range(HOSTS):
            sock = self._stack.enter_context(trio.socket.socket(type=trio.socket.SOCK_DGRAM))
            await sock.bind((f"127.{net}.{os.getpid() // 100 % 250}.{host + 1}", 0))
            self._sockets.append(sock)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stack.close()

    async def bent(self, count: int) -> None:
        """Send so many messages with bytes changed, cut, doubled or put elsewhere, what belongs to the calls
        among them."""
        originals = [*seeds(), *(data for kind in KINDS for data in self._forgeries(kind, len(self._known)))]
        await self._send(bend(self._chance.choice(originals), self._chance) for _ in range(count))

    async def forged(self, kind: str, count: int) -> None:
        """Send so many requests that look as if they were the callers'."""
        await self._send(self._forgeries(kind, count))

    async def alive(self) -> bool:
        """Whether the server answers one of them."""
        sock = self._sockets[0]
        host, port = sock.getsockname()
        await sock.sendto(alive_request(self._number, f"SIP/2.0/UDP {host}:{port}"), self._server)
        with trio.move_on_after(5):
            while True:
                data = await sock.recv(65_536)
                if data.startswith(b"SIP/2.0 200") and b"\r\nCSeq: 1 OPTIONS" in data:
                    return True
        return False

    def _forgeries(self, kind: str, count: int) -> Iterator[bytes]:
        """Every other one is right but for where it comes from; the rest guess our tag, or the branch."""
        for number in range(count):
            self._number += 1
            dialog, branch = self._chance.choice(self._known)
            guess = f"{self._chance.getrandbits(64):016x}"
            right = number % 2 == 0
            tag = dialog.remote_tag if right else guess
            cancel = kind == "CANCEL"
            yield request(
                kind,
                branch=branch if cancel and right else f"z9hG4bK{guess}",
                cseq=1 if cancel else dialog.local_cseq + 1 + self._number,
                to_tag=None if cancel else tag,
                from_tag=dialog.local_tag,
                call_id=dialog.call_id,
                body=HELD if kind == "INVITE" else "",
                extra=REFER if kind == "REFER" else "",
                uri=dialog.remote_target,
                via=f"SIP/2.0/UDP {dialog.local.hostport}",
            )

    async def _send(self, messages: Iterable[bytes]) -> None:
        due = trio.current_time()
        for data in messages:
            due += 1 / RATE
            await trio.sleep_until(due)
            if self._chance.random() < STREAMED:
                await self._in_pieces(data)
            else:
                await self._say(data)

    async def _say(self, data: bytes) -> None:
        with suppress(OSError):  # a full buffer: then it is lost, as on any network
            await self._chance.choice(self._sockets).sendto(data[:60_000], self._server)

    async def _in_pieces(self, data: bytes) -> None:
        with suppress(OSError, trio.BrokenResourceError):  # the server may be tired of him
            stream = await trio.open_tcp_stream(*self._server, local_address=self._host())
            async with stream:
                for at in range(0, len(data), PIECE):
                    await stream.send_all(data[at : at + PIECE])

    def _host(self) -> str:
        return str(self._chance.choice(self._sockets).getsockname()[0])
