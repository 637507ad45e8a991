"""The callers of `call.py`: what they hear, when each packet came, and whether their calls went well."""

from __future__ import annotations

import math
import socket
import struct
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

import trio

from flowlang.sip import CallAnswered, CallEnded, Event, MediaSession, OutgoingCall

TICK_MS = 20
ENOUGH = 0.98  # of the packets of a call
SO_TIMESTAMPNS = 35  # Linux, asm-generic/socket.h; Python has no name for it

Source = tuple[str, int]


@dataclass(slots=True)
class Callers:
    """All callers: one signalling socket, one RTP socket, a stream for each source of packets."""

    rtp: socket.socket
    arrivals: dict[Source, list[int]] = field(default_factory=lambda: defaultdict(list))  # nanoseconds
    loud: set[Source] = field(default_factory=set)
    answered: dict[OutgoingCall, Source] = field(default_factory=dict)
    ended: dict[OutgoingCall, str] = field(default_factory=dict)
    sessions: dict[OutgoingCall, MediaSession] = field(default_factory=dict)
    all_up_at: int = 0
    first_over_at: int = 0
    changed: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    def on_event(self, event: Event) -> None:
        """What becomes of the calls."""
        match event:
            case CallAnswered(call, answer) if answer is not None and self.sessions[call].read_answer(answer):
                audio = self.sessions[call].audio
                assert audio is not None
                self.answered[call] = (audio.remote_host, audio.remote_port)
                if len(self.answered) == len(self.sessions):
                    self.all_up_at = now_ns()
            case CallEnded(call, _, by, _):
                if not self.ended:
                    self.first_over_at = now_ns()
                self.ended[call] = by
            case _:
                pass
        self.changed.unpark_all()

    async def listen(self) -> None:
        """Note when each packet came, by the kernel's clock."""
        while True:
            await trio.lowlevel.wait_readable(self.rtp)
            try:
                for _ in range(500):
                    data, ancillary, _, source = self.rtp.recvmsg(2048, 64)
                    seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
                    self.arrivals[source].append(seconds * 1_000_000_000 + nanoseconds)
                    if source not in self.loud and len(set(data[12:])) > 2:
                        self.loud.add(source)
            except BlockingIOError:
                pass

    def failed(self, seconds: float) -> int:
        """How many calls were not as they should be; `seconds` is the prompt's length."""
        enough = ENOUGH * seconds * 1000 / TICK_MS
        heard = {source for source in self.loud if len(self.arrivals[source]) >= enough}
        whole = {call for call, by in self.ended.items() if by == "remote"}
        good = [call for call, source in self.answered.items() if source in heard and call in whole]
        return len(self.sessions) - len(good)


def now_ns() -> int:
    """The clock of the kernel's timestamps."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


def lateness(arrivals: list[int], begin: int, end: int) -> list[float]:
    """Milliseconds by which each gap within the window was longer than a tick."""
    inside = [each for each in arrivals if begin <= each <= end]
    return [max(0.0, (b - a) / 1e6 - TICK_MS) for a, b in pairwise(inside)]


def p99(values: list[float]) -> float:
    """The 99th percentile; not a number where there are no values."""
    return sorted(values)[math.ceil(len(values) * 0.99) - 1] if values else math.nan


def rtp_socket() -> socket.socket:
    """One for all callers, with the kernel's timestamps."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return sock
