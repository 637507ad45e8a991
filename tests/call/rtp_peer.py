"""The RTP peer of the tests: the port that sipp's SDP points at, for any number of calls at once.

Each of the server's legs has a port and an SSRC of its own, which say to which call a packet belongs; a port
alone may be used again. sipp does the signalling and cannot hear; the ears listen, press keys and judge.
"""

from __future__ import annotations

import math
import socket
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from .ear import FRAME_S, Ear, Plan

RECEIVE_BUFFER = 4 << 20  # bytes; 400 legs send 2 MB in a second in which nobody listens


Stream = tuple[tuple[str, int], bytes]  # where it comes from, and its SSRC
OnEar = Callable[[tuple[str, int]], None]  # told where a new stream comes from


@dataclass(slots=True)
class RtpPeer:
    """`ears` by the stream that they listen to, in order of appearance; `plan` makes the plan of the nth.
    `on_ear` is told of each."""

    plan: Callable[[int], Plan]
    socket: trio.socket.SocketType
    on_ear: OnEar | None = None
    ears: dict[Stream, Ear] = field(default_factory=dict[Stream, Ear])

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self.socket.getsockname()[1]

    def verdicts(self) -> Counter[str]:
        """How often each verdict was given."""
        return Counter(ear.verdict for ear in self.ears.values())

    def last_packet(self) -> float:
        """When the latest packet came, in trio's time."""
        return max((ear.last_packet for ear in self.ears.values()), default=-math.inf)

    async def listen(self) -> None:
        """Take in whatever comes."""
        while True:
            packet, source = await self.socket.recvfrom(2048)
            stream = source, packet[8:12]
            ear = self.ears.get(stream)
            if ear is None:
                ear = self.ears[stream] = Ear(self.plan(len(self.ears)))
                if self.on_ear is not None:
                    self.on_ear(source)
            ear.receive(packet, trio.current_time())

    async def speak(self) -> None:
        """One ticker for all: what the ears have to send, every 20 ms."""
        due = trio.current_time()
        while True:
            for (address, _), ear in list(self.ears.items()):
                packet = ear.next_packet()
                if packet:
                    await self.socket.sendto(packet, address)
            due += FRAME_S
            await trio.sleep_until(due)


@asynccontextmanager
async def open_rtp_peer(plan: Callable[[int], Plan], on_ear: OnEar | None = None) -> AsyncGenerator[RtpPeer]:
    """A peer that listens and speaks as long as the block runs."""
    with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        await port.bind(("127.0.0.1", 0))
        peer = RtpPeer(plan, port, on_ear)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.listen)
            nursery.start_soon(peer.speak)
            yield peer
            nursery.cancel_scope.cancel()
