"""A media plane on the virtual clock, bare peers that see every datagram, and prompts made of numbers."""

from __future__ import annotations

import itertools
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.media import MediaConfig, MediaPlane, Prompt
from flowlang.rtp import Address, RtpPacket, build_packet, parse_packet

LOOPBACK = "127.0.0.1"


class Peer:
    """A bare UDP socket that sends and reads RTP when told to."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((LOOPBACK, 0))
        self.socket.setblocking(False)
        self.address: Address = self.socket.getsockname()
        self._sequence = itertools.count(100)
        self._timestamp = itertools.count(1000, 160)

    def heard(self) -> list[RtpPacket]:
        """All that came since the last look."""
        packets: list[RtpPacket] = []
        while True:
            try:
                packets.append(parse_packet(self.socket.recv(2000)))
            except BlockingIOError:
                return packets

    def say(self, to: Address, payload: bytes = b"\xff" * 160, payload_type: int = 0) -> None:
        packet = RtpPacket(payload_type, False, next(self._sequence), next(self._timestamp), 9, payload)
        self.socket.sendto(build_packet(packet), to)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.socket.close()


@pytest.fixture
def stranger() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.socket.close()


@pytest.fixture
async def plane(autojump_clock: MockClock, nursery: trio.Nursery) -> AsyncIterator[MediaPlane]:
    """A plane with its ticker running."""
    made = MediaPlane(MediaConfig(ports=(25000, 25998)), randomness=random.Random(1))
    await nursery.start(made.run)
    yield made
    for port in made.ports:
        port.close()


@pytest.fixture
async def phones(autojump_clock: MockClock, nursery: trio.Nursery) -> AsyncIterator[MediaPlane]:
    """One whose ports send silence all the time, as telephones do."""
    made = MediaPlane(MediaConfig(ports=(24000, 24998), silence="steady"), randomness=random.Random(2))
    await nursery.start(made.run)
    yield made
    for port in made.ports:
        port.close()


@pytest.fixture
def ramp() -> Callable[[int], Prompt]:
    """A prompt of so many samples, each a number that tells its place."""
    return lambda samples: Prompt(
        "ramp", bytes(n % 251 for n in range(samples)), bytes((n + 7) % 251 for n in range(samples))
    )
