"""`make kill-engine KILLS=300`: kills an engine with `kill -9` again and again, and counts what that cost.

This is the engine and its store alone, inside their commits, hundreds of kills a minute. `make kill-test`
(`tests/kill`) is `flow serve` as others see it: real SIP, SMPP, SMTP and webhooks, from outside.

The child (`kill_engine_child.py`) runs activeflows on a data folder: counters that take signals, alarms that
sleep, people who write and get replies, calls. The parent gives it work, no more than it can hold, and writes
down what was acknowledged; messages that were not it sends again under the same id, as a carrier does. Every
other kill is at a random moment, the rest at named points; every fifth child has a slow disk. At the end the
last child works until all that was acknowledged is done. Then the ledger of what was done in the world is
compared with what was acknowledged, and the call records with the calls. The last line is JSON: kills, lost,
doubled, cdr_wrong, which have to be 0 for the exit code 0, and with turns enough for each point
`never_reached`, the points to which no child came.

Children are forked from this process, which has everything imported: one that lives for 200 ms costs little
more than that.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from flowlang.store.reading import open_archive
from tools.kill_engine_child import COUNTERS, POINTS, live
from tools.killing import PATIENCE, RANDOM, main, never_reached, turns

OUTSTANDING = 40  # signals a counter, below the 100 that are kept
PEOPLE = 5
LIFE = 0.1, 0.3  # seconds of a child that is killed at random
SLOW = 0.02, 0.03  # seconds of each commit in every fifth life: much comes while the disk is busy
SLOW_LIFE = 0.4, 1.0  # and of such a child that is killed at random
REACHED_IN = 5.0  # seconds that one has to come to its point


@dataclass
class Work:
    """One kind of it: what was given, what was acknowledged, and what the ledger has to show for each."""

    shows: tuple[str, ...]
    given: set[int] = field(default_factory=set[int])
    acknowledged: set[int] = field(default_factory=set[int])


class Child:
    """A forked process, its two pipes, and what came of them."""

    def __init__(self, folder: Path, point: str, count: int, slow: float) -> None:
        commands, self._commands = os.pipe()
        self._said, said = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._commands)
            os.close(self._said)
            code = 1
            try:
                trio.run(live, folder, commands, said, point, count, slow)
                code = 0
            except BaseException:  # noqa: BLE001 (told, and then it ends)
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(commands)
        os.close(said)
        self._buffer = b""
        self.over = False

    def tell(self, *plain: Any) -> None:
        """Gives it a command."""
        with suppress(BrokenPipeError):  # it is dead, and its end is read below
            os.write(self._commands, json.dumps(plain).encode() + b"\n")

    def said(self, seconds: float) -> list[list[Any]]:
        """What it says within that time, or until it is dead."""
        if not select.select([self._said], [], [], max(0.0, seconds))[0]:
            return []
        received = os.read(self._said, 65536)
        self.over = not received
        *lines, self._buffer = (self._buffer + received).split(b"\n")
        return [json.loads(line) for line in lines]

    def end(self) -> int:
        """Kills it, where it is not dead yet; its exit code."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self._commands)
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """Nothing more is read of it."""
        os.close(self._said)


class Killer:
    """The parent. It outlives all children, and so does what it knows."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.work = {
            "add": Work(("add", "later")),
            "alarm": Work(("first", "second", "last")),
            "text": Work(("reply",)),
            "call": Work(()),
        }
        self.counters: dict[str, set[int]] = {}
        self.gone: set[str] = set()
        self.points: Counter[str] = Counter()
        self._paid: set[str] = set()
        self._read = 0
        self._next = 0

    # -- the ledger

    def paid(self) -> set[str]:
        """All that was done so far."""
        path = self.folder / "ledger"
        if path.exists() and path.stat().st_size > self._read:
            with path.open("rb") as file:
                file.seek(self._read)
                *lines, rest = file.read().split(b"\n")
                self._read = file.tell() - len(rest)
            self._paid.update(line.decode().partition(" ")[2] for line in lines)
        return self._paid

    def missing(self) -> list[str]:
        """What was acknowledged and is not done."""
        paid = self.paid()
        return [
            done
            for kind in self.work.values()
            for number in kind.acknowledged
            for show in kind.shows
            if (done := f"{show}:{number}") not in paid
        ]

    # -- a child's life

    def once(self, point: str, *, slow: bool) -> None:
        """One that is killed; `slow` has a disk that is."""
        rare = point == "woken_at_once"
        slowness = self.chance.uniform(*SLOW) if slow or rare else 0.0
        child = self._born(point, 1 if rare else self.chance.randint(1, 12), slowness)
        seconds = self.chance.uniform(*(SLOW_LIFE if slow else LIFE)) if point == RANDOM else REACHED_IN
        end = time.monotonic() + seconds
        while not child.over and time.monotonic() < end:
            self._give(child)
            self._hear(child, min(0.01, end - time.monotonic()))
        self.points[point] += child.over or point == RANDOM
        code = child.end()
        while not child.over:
            self._hear(child, 1.0)
        child.close()
        assert code == -signal.SIGKILL, f"the child ended by itself with {code}"

    def last(self) -> None:
        """One that lives until all is done."""
        child = self._born("none", 1, 0.0)
        left = len(self.missing())
        since = time.monotonic()
        while not child.over and time.monotonic() - since < PATIENCE:
            again = self.work["text"].given - self.work["text"].acknowledged
            if not again and not left:
                break
            self._send_again(child)
            self._hear(child, 0.05)
            if (now := len(self.missing())) != left:
                left, since = now, time.monotonic()
        child.tell("end")
        deadline = time.monotonic() + PATIENCE
        while not child.over and time.monotonic() < deadline:
            self._hear(child, 1.0)
        child.end()
        child.close()

    def _born(self, point: str, count: int, slow: float) -> Child:
        child = Child(self.folder, point, count, slow)
        for each in self.counters.values():
            each &= self.work["add"].acknowledged  # what was under way to the last one never came
        deadline = time.monotonic() + PATIENCE
        while not child.over and time.monotonic() < deadline and not self._hear(child, 1.0):
            pass
        if not child.over:
            self._send_again(child)
            for _ in range(COUNTERS - len(self.counters)):
                child.tell("counter")
            self._new(child, "call")
            self._new(child, "alarm")
        return child

    def _send_again(self, child: Child) -> None:
        texts = self.work["text"]
        for number in sorted(texts.given - texts.acknowledged):
            child.tell("text", _person(number), number)

    def _give(self, child: Child) -> None:
        paid = self.paid()
        for counter, numbers in self.counters.items():
            numbers -= {each for each in numbers if f"later:{each}" in paid}
            if len(numbers) < OUTSTANDING:
                numbers.add(self._new(child, "add", counter))
        if self.chance.random() < 0.3:
            self._new(child, "text", _person(self._next + 1))
        if self.chance.random() < 0.1:
            self._new(child, "alarm")
        if self.chance.random() < 0.1:
            self._new(child, "call")

    def _new(self, child: Child, kind: str, *whom: str) -> int:
        self._next += 1
        self.work[kind].given.add(self._next)
        child.tell(kind, *whom, self._next)
        return self._next

    def _hear(self, child: Child, seconds: float) -> bool:
        """Whether it said that it is ready."""
        ready = False
        for each in child.said(seconds):
            match each:
                case ["ready", list(gone)]:
                    ready = True
                    self.gone.update(gone)
                case ["ack", "counter", str(activeflow)]:
                    self.counters[activeflow] = set()
                case ["ack", str(kind), int(number)]:
                    self.work[kind].acknowledged.add(number)
                case ["ended"]:
                    pass
                case other:
                    raise AssertionError(other)
        return ready

    # -- what it cost

    def result(self) -> dict[str, Any]:
        """What was lost and what came twice."""
        keys: dict[str, str] = {}
        doings: dict[str, set[str]] = {}
        mixed = 0
        for line in (self.folder / "ledger").read_text().splitlines():
            key, _, what = line.partition(" ")
            mixed += keys.setdefault(key, what) != what  # one key for two things: a peer would drop one
            doings.setdefault(what, set()).add(key)
        doubled = mixed + sum(len(each) - 1 for each in doings.values())
        with open_archive(self.folder / "data") as archive:
            records = list(archive.records())
            diverged = sum(each.state == "diverged" for each in archive.activeflows(all_of_them=True))
        calls = Counter(each["to"] for each in records)
        called = {f"tel:+1606{number:07}" for number in self.work["call"].acknowledged}
        wrong = sum(each["ended"] is None or not each["cause"] for each in records)
        wrong += sum(times - 1 for times in calls.values()) + len(called - calls.keys())
        acknowledged = {name: len(each.acknowledged) for name, each in self.work.items()}
        return {"acknowledged": acknowledged, "points": dict(self.points),
                "lost": len(self.missing()) + len(self.gone) + diverged, "doubled": doubled,
                "cdr_wrong": wrong}  # fmt: skip


def _person(number: int) -> str:
    return f"sms:+1415555{number % PEOPLE:04}"


def run(kills: int, seed: int, folder: Path, progress: Callable[[int], None]) -> dict[str, Any]:
    """As of `tools.killing.Run`."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    killer = Killer(folder, seed)
    for number, point in enumerate(turns(kills, POINTS, killer.points), 1):
        killer.once(point, slow=number % 5 == 0)
        progress(number)
    killer.last()
    return {**killer.result(), "never_reached": never_reached(POINTS, killer.points, kills)}


if __name__ == "__main__":
    sys.exit(main(run, ("lost", "doubled", "cdr_wrong"), len(POINTS), "Kills an engine and counts the cost."))
