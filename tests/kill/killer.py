"""The life of the service: started, killed at random or at a point, and in the end left to its work."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import trio

from flowlang.store import StoreError
from flowlang.store.reading import open_archive
from tools.killing import PATIENCE, RANDOM, never_reached, turns

from .service import Service, asked, serving
from .verdict import is_over, verdict
from .victim import POINTS, SELDOM
from .world import World

LIFE = 0.1, 1.2  # seconds of one that is killed at random, from when it listens
EARLY = 0.2  # how many of those die before, while they start
START = 0.3, 0.9  # seconds after which
REACHED_IN = 3.0  # seconds that one has to come to its point
BEGINS_IN = 180.0  # seconds, on a machine that is busy
MOST_TIMES = 6  # that it may come to its point
RATE = 1.5  # calls a second of each kind
ASKED = "signal", "handoff", "outbox.retry"
"""Points to which it comes as it is asked by the command line."""
AT_REST = 4  # a signal while it is down after every so many kills
LONGEST_REST = 240.0  # seconds that the last one has for what is open, however steadily it works


class FellError(Exception):
    """A process ended by itself."""


class Killer:
    """Of one run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._chance = Random(seed)
        self.world = World(folder, Random(seed + 1))
        self.points: Counter[str] = Counter()
        self._failed: list[str] = []
        self._counters: list[str] = []
        self._signals = 0
        self._open: object = None

    async def run(self, kills: int, progress: Callable[[int], None]) -> dict[str, Any]:
        """Kills so often, and tells what it found; `progress` is called with how many kills there were."""
        points = self._chance.sample(POINTS, len(POINTS))
        async with self.world.running(RATE):
            for number, point in enumerate(turns(kills, points, self.points), 1):
                await self._life(point)
                self._look()
                if number % AT_REST == 0:
                    await self._signal(self._counters)
                progress(number)
            await self.last()
        never = never_reached(points, self.points, kills)
        return {**verdict(self.world), "points": dict(self.points), "never_reached": never}

    # -- lives

    async def _life(self, point: str) -> None:
        victim = None if point == RANDOM else point
        if point.startswith("request"):
            await self._signal(self._counters)
        count = 1 if point.startswith(SELDOM) else self._chance.randint(1, MOST_TIMES)
        async with serving(self._folder, victim, count) as service, trio.open_nursery() as nursery:
            if point == RANDOM and self._chance.random() < EARLY:
                await trio.sleep(self._chance.uniform(*START))
            elif point == RANDOM:
                await self._until_ready(service)
                await trio.sleep(self._chance.uniform(*LIFE))
            else:
                await service.listens_or_is_dead(BEGINS_IN)
                if point.startswith(ASKED):
                    nursery.start_soon(self._keep_asking, service, point)
                with trio.move_on_after(REACHED_IN):
                    await service.over.wait()
            await self._killed(service, point)

    async def _killed(self, service: Service, point: str) -> None:
        reached = point == RANDOM or service.over.is_set()
        self.points[point if reached else "not reached"] += 1
        service.kill()
        ended = await service.process.wait()
        self.world.kills.append(service.died or time.time())
        if ended != -signal.SIGKILL:
            raise FellError(f"it ended by itself with {ended}: {self.end_of_log()}")

    async def _until_ready(self, service: Service) -> None:
        """Returns when it listens."""
        await service.listens_or_is_dead(BEGINS_IN)
        if not service.ready.is_set():
            raise FellError(f"it does not begin: {self.end_of_log()}")

    def end_of_log(self) -> str:
        """What it said last."""
        return (self._folder / "service.log").read_text(errors="replace")[-3000:]

    # -- the operator

    def _look(self) -> None:
        """At the data folder: what is in doubt, what failed, who counts."""
        ledger = self.world.ledger
        self._open = None
        with suppress(StoreError), self._archive() as archive:
            rows = archive.outbox()
            flows = [each.id for each in archive.activeflows()]
            self._counters = [
                each.id for each in archive.activeflows() if each.opening["flow"].startswith("count")
            ]
            waits = [each for each in rows if not is_over(each)]
            self._failed = [each.key for each in waits if each.state == "failed"]
            for each in rows:
                if is_over(each):
                    ledger.settle(ledger.mark_of(each.command))
            self._open = len(waits), len(flows)

    def _archive(self) -> Any:
        return open_archive(self._folder / "data", self._folder / "keys")

    async def _keep_asking(self, service: Service, point: str) -> None:
        """While one lives, for what it comes to when it is asked alone."""
        if point.startswith("outbox"):
            for key in self._failed[:1]:
                await asked(self._folder, "outbox", "--retry", key)
            return
        while not service.over.is_set():
            await self._signal(self._counters[:1])

    async def _signal(self, counters: Sequence[str]) -> None:
        """One of these gets a signal, by the command line."""
        if counters:
            self._signals += 1
            name = f"n{self._signals}"
            if await asked(self._folder, "signal", self._chance.choice(counters), "add", name):
                self.world.ledger.took(name)
                self.world.ledger.want(name, ("webhook", f"added {name}"))

    # -- the end

    async def last(self) -> None:
        """One that lives until nothing is open."""
        world = self.world
        async with serving(self._folder) as service:
            await self._until_ready(service)
            world.rest()
            await world.phones.end(15)
            await self._rest()
            service.process.send_signal(signal.SIGTERM)
            with trio.move_on_after(20):
                await service.process.wait()
            if service.process.returncode != 0:
                raise FellError(f"it did not end politely: {self.end_of_log()}")

    async def _rest(self) -> None:
        """Until nothing is open, or nothing was done for long, or it takes too long in all."""
        left: object = None
        began = since = trio.current_time()
        while (now := trio.current_time()) - since < PATIENCE and now - began < LONGEST_REST:
            self._look()
            for key in self._failed:
                await asked(self._folder, "outbox", "--retry", key)
            for each in self._counters:
                await asked(self._folder, "stop", each)
            ledger = self.world.ledger
            wanted = sum(map(len, ledger.wanted.values()))
            waits = wanted, len(ledger.unacknowledged), self.world.smsc.unanswered, self._open
            if waits == (0, 0, 0, (0, 0)):
                return
            if waits != left:
                left, since = waits, now
            await trio.sleep(0.2)
