"""The life of the service: started, killed at random or at a point, and in the end left to its work."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import trio

from .service import Service, serving
from .verdict import verdict
from .victim import POINTS
from .world import World

LIFE = 0.1, 1.5  # seconds of one that is killed at random, from when it listens
EARLY = 0.2  # how many of those die before, while they start
START = 0.3, 0.9  # seconds after which
REACHED_IN = 4.0  # seconds that one has to come to its point
PATIENCE = 60.0  # seconds without anything done, at the end: then what is missing is lost
BEGINS_IN = 60.0  # seconds, on a machine that is busy
MOST_TIMES = 6  # that it may come to its point


class FellError(Exception):
    """A process ended by itself."""


class Killer:
    """Of one run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._chance = Random(seed)
        self.world = World(folder, Random(seed + 1))
        self.points: Counter[str] = Counter()

    async def run(self, kills: int, rate: float, progress: Callable[[int], None]) -> dict[str, Any]:
        """Kills so often, and tells what it found; `progress` is called with how many kills there were."""
        async with self.world.running(rate):
            for number in range(kills):
                if number % 2:
                    await self._at_point(POINTS[number // 2 % len(POINTS)])
                else:
                    await self._at_random()
                progress(number + 1)
            await self.last()
        return {"kills": kills, **verdict(self.world), "points": dict(self.points)}

    async def _at_random(self) -> None:
        async with serving(self._folder) as service:
            if self._chance.random() < EARLY:
                await trio.sleep(self._chance.uniform(*START))
            else:
                await self.until_ready(service)
                await trio.sleep(self._chance.uniform(*LIFE))
            await self._killed(service, "random")

    async def _at_point(self, point: str) -> None:
        count = 1 if point.startswith("recovery") else self._chance.randint(1, MOST_TIMES)
        async with serving(self._folder, point, count) as service:
            with trio.move_on_after(BEGINS_IN):
                while not service.ready.is_set() and not service.over.is_set():  # noqa: ASYNC110 (of two)
                    await trio.sleep(0.02)
            with trio.move_on_after(REACHED_IN):
                await service.over.wait()
            await self._killed(service, point)

    async def _killed(self, service: Service, point: str) -> None:
        code = service.process.poll()
        self.points["not reached" if code is None and point != "random" else point] += 1
        service.kill()
        ended = await service.process.wait()
        if ended != -signal.SIGKILL:
            raise FellError(f"it ended by itself with {ended}: {self.end_of_log()}")

    async def until_ready(self, service: Service) -> None:
        """Returns when it listens."""
        with trio.move_on_after(BEGINS_IN):
            await service.ready.wait()
        if not service.ready.is_set():
            raise FellError(f"it does not begin: {self.end_of_log()}")

    def end_of_log(self) -> str:
        """What it said last."""
        return (self._folder / "service.log").read_text(errors="replace")[-3000:]

    async def last(self) -> None:
        """One that lives until all is done."""
        world = self.world
        async with serving(self._folder) as service:
            await self.until_ready(service)
            world.resting = True
            left, since = -1, trio.current_time()
            while trio.current_time() - since < PATIENCE:
                now = len(world.ledger.missing()) + len(world.ledger.unacknowledged)
                if not now:
                    break
                if now != left:
                    left, since = now, trio.current_time()
                await trio.sleep(0.1)
            await world.phones.end(15)
            await trio.sleep(1)  # the last webhooks of those who left
            service.process.send_signal(signal.SIGTERM)
            with trio.move_on_after(20):
                await service.process.wait()
            if service.process.returncode != 0:
                raise FellError(f"it did not end politely: {self.end_of_log()}")
