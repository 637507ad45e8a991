"""The media plane: every leg's port and the one ticker that serves them all.

Rules: deadlines are counted from the start time, never summed from sleeps; a tick sends for all legs first,
then takes what came by one poll for all; nothing here is a task or a timer per leg. A ticker that comes late
by up to `MAX_CATCH_UP` ticks runs them at once, so that the peer's jitter buffer sees a burst; what is beyond
is skipped: the media clocks go on, the sound waits, and no flood is sent. A port that has nothing to say has
no turn; see `roster`.
"""

from __future__ import annotations

import random
import selectors
from dataclasses import dataclass
from functools import partial
from typing import cast

import trio

from flowlang.rtp import RandomBits

from .errors import MediaError
from .outgoing import Silence
from .port import MAX_PACKET, TICK_MS, MediaPort
from .ports import Ports
from .prompts import PromptCache
from .recorder import Recorder
from .roster import Roster
from .sockets import bind_media

MAX_CATCH_UP = 5  # ticks
# How many packets of one port are taken a tick: two come at 10 ms, the rest is for a burst.
MAX_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """`ports`: first and last UDP port for RTP (even ones are used). `silence`: what is sent while nothing
    plays, see `outgoing`."""

    ports: tuple[int, int] = (16384, 32766)
    silence: Silence = "sparse"


@dataclass(slots=True)
class PlaneStats:
    """The ticker's record: `late` ticks began over 20 ms late, `skipped` never ran, `worst` is in seconds."""

    ticks: int = 0
    late: int = 0
    skipped: int = 0
    worst: float = 0.0


class MediaPlane:
    """All media ports of a process. `prompts` loads what they play, `recorder` writes what they record."""

    def __init__(
        self,
        config: MediaConfig | None = None,
        *,
        randomness: RandomBits | None = None,
        prompts: PromptCache | None = None,
    ) -> None:
        self.prompts = prompts or PromptCache()
        self.recorder = Recorder()
        self.stats = PlaneStats()
        self._config = config or MediaConfig()
        first, last = self._config.ports
        if not 1 <= first <= last <= 0xFFFF:
            raise MediaError(f"RTP ports {first}-{last} are no range of UDP ports")
        self._free: dict[str, Ports] = {}  # by our address
        self._random: RandomBits = randomness or random.SystemRandom()
        self._open: dict[MediaPort, None] = {}
        self._roster = Roster[MediaPort]()
        self._selector = selectors.DefaultSelector()
        self._buffer = bytearray(MAX_PACKET + 1)  # one more byte tells a packet that is too large
        self._view = memoryview(self._buffer)
        self._opened = trio.Event()
        self._stopped = False

    @property
    def ports(self) -> tuple[MediaPort, ...]:
        """The ports that are open now."""
        return tuple(self._open)

    def open(self, local_ip: str) -> MediaPort:
        """Bind a free even port on this address of ours. Raises `NoPortLeft`, `MediaError`."""
        if self._stopped:
            raise MediaError("the media plane has stopped")
        first, last = self._config.ports
        free = self._free.get(local_ip)
        if free is None:
            free = self._free[local_ip] = Ports(first, last, self._random)
        sock = bind_media(local_ip, lambda bind: free.take(bind, trio.current_time()), f"{first}-{last}")
        port = MediaPort(
            sock, self._random, self._roster.wake, partial(self._forget, free), silence=self._config.silence
        )
        self._open[port] = None
        self._roster.add(port)
        self._selector.register(sock, selectors.EVENT_READ, port)
        self._opened.set()
        return port

    def _forget(self, free: Ports, port: MediaPort) -> None:
        free.give_back(port.address[1], trio.current_time())
        del self._open[port]
        self._roster.remove(port)
        self._selector.unregister(port.socket)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve all ports until cancelled, then close them for good. `await nursery.start(plane.run)`."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.recorder.run)
                task_status.started()
                while True:
                    await self._opened.wait()
                    await self._tick_while_open()
                    self._opened = trio.Event()
        finally:
            self._stopped = True
            for port in self.ports:
                port.close()
            self._selector.close()
            self.recorder.finish()

    async def _tick_while_open(self) -> None:
        interval = TICK_MS / 1000
        start = trio.current_time()
        tick = 0
        while self._open:
            tick += 1
            due = start + tick * interval
            await trio.sleep_until(due)
            lateness = trio.current_time() - due
            behind = int(lateness / interval)
            if behind:
                self.stats.late += 1
            skipped = behind if behind > MAX_CATCH_UP else 0
            if skipped:
                tick += skipped
                self.stats.skipped += skipped
                for port in self._roster.awake:
                    port.skip(skipped)
            self.stats.worst = max(self.stats.worst, lateness)
            self.stats.ticks += 1
            self._tick(skipped)

    def _tick(self, skipped: int) -> None:
        for port in self._roster.begin_tick(skipped):
            rest = port.send_due()
            if rest != 0 and not port.closed:
                self._roster.rest(port, rest)
        now = trio.current_time()
        for _ in range(MAX_ROUNDS):
            ready = self._selector.select(0)
            if not ready:
                break
            for key, _ in ready:
                self._receive(cast(MediaPort, key.data), now)

    def _receive(self, port: MediaPort, now: float) -> None:
        if port.closed:  # by a callback in this very round
            return
        try:
            size, source = port.socket.recvfrom_into(self._buffer)
        except OSError:  # nothing there after all (a bad checksum), or an ICMP error of a packet sent
            return
        port.receive(self._view[:size], source[:2], now)
