"""`make kill-test KILLS=300`: kills `flow serve` with `kill -9` again and again, and counts what that cost.

Beside it are processes that are never killed: an SMSC, a mail server, a machine that takes webhooks and
knows keys, sipp that calls and is called. Every other kill is at a random moment of the very `flow serve`,
its start and recovery among them; the rest at numbered points (`victim.py`). The last process works until
all that was acknowledged is done, and ends politely; then the ledgers of the others are compared with the
data folder.

The last line is JSON. `lost`: inputs acknowledged and not done, messages that neither arrived nor are told
to be in doubt, activeflows that stand still. `doubled`: at the peer that knows keys. `cdr_wrong`: records
that are missing, double or open, of legs that sipp saw answered. Mail and SMS know no keys:
`doubled_without_keys` of them came twice, `unknown_without_keys` are told to be in doubt. The exit code is 1
where any of the first three is not 0.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections import Counter
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

    async def run(self, kills: int, rate: float) -> dict[str, Any]:
        """Kills so often, and tells what it found."""
        async with self.world.running(rate):
            for number in range(kills):
                if number % 2:
                    await self._at_point(POINTS[number // 2 % len(POINTS)])
                else:
                    await self._at_random()
            await self._last()
        return {"kills": kills, **verdict(self.world), "points": dict(self.points)}

    async def _at_random(self) -> None:
        async with serving(self._folder) as service:
            if self._chance.random() < EARLY:
                await trio.sleep(self._chance.uniform(*START))
            else:
                await self._until_ready(service)
                await trio.sleep(self._chance.uniform(*LIFE))
            await self._killed(service, "random")

    async def _at_point(self, point: str) -> None:
        count = 1 if point.startswith("recovery") else self._chance.randint(1, MOST_TIMES)
        async with serving(self._folder, point, count) as service:
            with trio.move_on_after(REACHED_IN):
                await service.process.wait()
            await self._killed(service, point)

    async def _killed(self, service: Service, point: str) -> None:
        code = service.process.poll()
        self.points["not reached" if code is None and point != "random" else point] += 1
        service.kill()
        ended = await service.process.wait()
        if ended != -signal.SIGKILL:
            raise FellError(f"it ended by itself with {ended}: {self._end_of_log()}")

    async def _until_ready(self, service: Service) -> None:
        with trio.move_on_after(30):
            await service.ready.wait()
        if not service.ready.is_set():
            raise FellError(f"it does not begin: {self._end_of_log()}")

    def _end_of_log(self) -> str:
        return (self._folder / "service.log").read_text(errors="replace")[-3000:]

    async def _last(self) -> None:
        """One that lives until all is done."""
        world = self.world
        async with serving(self._folder) as service:
            await self._until_ready(service)
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
                raise FellError(f"it did not end politely: {self._end_of_log()}")


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(prog="kill-test", description="Kills a server and counts the cost.")
    parser.add_argument("kills", type=int, nargs="?", default=300)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--rate", type=float, default=2.0, help="calls a second of each of three kinds")
    parser.add_argument("--keep", type=Path, help="a folder in which all is left")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result = trio.run(Killer(folder, given.seed).run, given.kills, given.rate)
    print(json.dumps(result))
    return int(any(result[each] for each in ("lost", "doubled", "cdr_wrong")))


if __name__ == "__main__":
    sys.exit(main())
