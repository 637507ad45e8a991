"""A stream that strays into a call: a sender of the same host whose own call is over and who goes on.

Such streams come wherever an RTP port is used again, ours or that of another program on this machine.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from .ear import FRAME_S, PCMU
from .prompts import FRAME

_RTP = struct.Struct("!BBHII")
_SOUND = b"\x2a" * FRAME


@dataclass(slots=True)
class Stray:
    """`sent` counts its packets."""

    socket: socket.socket
    nursery: trio.Nursery
    sent: int = 0

    def disturb(self, address: tuple[str, int]) -> None:
        """Send there from now on, a packet every 20 ms."""
        self.nursery.start_soon(self._send, address)

    def heard(self) -> bool:
        """Whether anything came back."""
        try:
            return bool(self.socket.recv(2048))
        except BlockingIOError:
            return False

    async def _send(self, address: tuple[str, int]) -> None:
        due = trio.current_time()
        while True:
            header = _RTP.pack(0x80, PCMU, self.sent & 0xFFFF, self.sent * FRAME, 0x57A7)
            self.socket.sendto(header + _SOUND, address)
            self.sent += 1
            due += FRAME_S
            await trio.sleep_until(due)


@asynccontextmanager
async def open_stray() -> AsyncGenerator[Stray]:
    """One that sends as long as the block runs."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.setblocking(False)
        async with trio.open_nursery() as nursery:
            yield Stray(port, nursery)
            nursery.cancel_scope.cancel()
