"""`make kill-test KILLS=300`: kills a process with `kill -9` again and again, and counts what that cost.

A child runs activeflows on a data folder: they wait for signals, sleep, and call an action of the host with a
key. The parent signals them, and writes down what was acknowledged; the action writes into a ledger that no
crash of the child can undo. Every other kill is at a random moment, the rest are at named points, which are
this file's own: a store that kills its process. At the end all is left to run out, and compared. The last
line is JSON: kills, lost, doubled, cdr_wrong.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import trio

import flowlang
from flowlang.backends.simulator import SimulatorBackend
from flowlang.model.action import Action, Parameter
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

POINTS = ("before_commit", "inside_commit", "after_commit", "before_action", "after_action")
FLOWS = 4
SCRIPT = """
route call => desk
flow desk { answer
    wait 1h }
flow counter {
    let seen = 0
    loop {
        let e = wait for signal "add"
        seen = seen + 1
        pay("${flow.id}:${e.data}")
        wait 5ms
        pay("${flow.id}:${e.data}:later")
    }
}
"""
PAY = Action("pay", "Takes money.", (Parameter("what", ("text",), "for what", by_place=True),),
             recovery="repeat", key="key")  # fmt: skip


class KillingStore(SqliteStore):
    """Kills its process at a point, when it comes there for the so manieth time."""

    def __init__(self, folder: Path, point: str, count: int) -> None:
        super().__init__(folder)
        self._point = point
        self._count = count

    def reach(self, point: str) -> None:
        """The process is at this point."""
        if point == self._point:
            self._count -= 1
            if self._count <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def commit(self) -> None:
        """Commits, or does not live to."""
        pending = self.pending
        if pending:
            self.reach("before_commit")
        super().commit()
        if pending:
            self.reach("after_commit")

    def _write(self) -> None:
        super()._write()
        self.reach("inside_commit")


async def child(folder: Path, point: str, count: int) -> None:
    """Lives until it is killed, or told `end`."""
    ledger = os.open(folder / "ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    store = KillingStore(folder / "data", point, count)

    async def pay(what: str, key: str) -> None:
        store.reach("before_action")
        os.write(ledger, f"{key} {what}\n".encode())
        store.reach("after_action")

    phones = SimulatorBackend()
    with store:
        async with flowlang.open_engine([phones], store=store) as engine:
            engine.add_action(PAY, pay)
            recovered = engine.recover()
            engine.load_text(SCRIPT)
            await engine.listen()
            flows = [each for each in recovered.live if each in engine.activeflows]
            for _ in range(FLOWS - sum(_counts(folder, each) for each in flows)):
                run = engine.start("counter")
                flows.append(run.id)
                (folder / f"flow-{run.id}").touch()
            phones.call(source="+14155550100", to=f"+1606206{random.randrange(10_000):04}")
            store.commit()
            _say(["ready", [each for each in flows if _counts(folder, each)], list(recovered.diverged)])
            commands = trio.lowlevel.FdStream(os.dup(0))
            buffer = b""
            async with trio.open_nursery() as nursery:
                while True:
                    received = await commands.receive_some()
                    buffer += received
                    *lines, buffer = buffer.split(b"\n")
                    for line in lines:
                        activeflow, number = json.loads(line)
                        nursery.start_soon(_signal, engine, activeflow, number)
                    if not received:
                        await trio.sleep(5)
                        os._exit(0)


def _counts(folder: Path, activeflow: str) -> bool:
    return (folder / f"flow-{activeflow}").exists()


async def _signal(engine: flowlang.Engine, activeflow: str, number: int) -> None:
    if await engine.signalled(activeflow, "add", number):
        _say(["ack", activeflow, number])


def _say(plain: list[Any]) -> None:
    os.write(1, json.dumps(plain).encode() + b"\n")


class Killer:
    """The parent. It outlives all children, and so does what it knows."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.acknowledged: set[tuple[str, int]] = set()
        self.flows: set[str] = set()
        self.diverged = 0
        self.next = 0

    def once(self, point: str, *, to_the_end: bool = False) -> None:
        """One life of a child."""
        count = str(self.chance.randint(1, 12))
        command = [sys.executable, __file__, "--child", str(self.folder), point, count]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        out = process.stdout
        live = self._read(out, 30.0)
        end = time.monotonic() + (self.chance.uniform(0.0, 0.15) if point == "random" else 1.0)
        while live and not to_the_end and process.poll() is None and time.monotonic() < end:
            try:
                for each in live:
                    self.next += 1
                    process.stdin.write(json.dumps([each, self.next]).encode() + b"\n")
                process.stdin.flush()
            except BrokenPipeError:
                break
            self._read(out, 0.05)  # slower than a flow pays: signals kept for it are limited
        if to_the_end:
            process.stdin.close()
            process.wait(60)
        else:
            process.kill()
            process.wait()
        self._read(out, 0.5)
        out.close()

    def _read(self, out: Any, seconds: float) -> list[str]:
        """What the child says; its activeflows, where it says that it is ready."""
        end = time.monotonic() + seconds
        while select.select([out], [], [], max(0.0, end - time.monotonic()))[0]:
            line = out.readline()
            if not line.endswith(b"\n"):
                return []
            match json.loads(line):
                case ["ready", flows, diverged]:
                    self.flows |= set(flows)
                    self.diverged += len(diverged)
                    return flows
                case ["ack", activeflow, number]:
                    self.acknowledged.add((activeflow, number))
                case other:
                    raise AssertionError(other)
        return []

    def result(self, kills: int) -> dict[str, int]:
        """What was lost and what came twice."""
        paid: Counter[str] = Counter()
        keys: dict[str, str] = {}
        for line in (self.folder / "ledger").read_text().splitlines():
            key, what = line.split(" ", 1)
            if keys.setdefault(key, what) != what:
                paid[what] += 2  # one key for two things: the peer would have dropped one
            elif keys[key] == what and f"{key} {what}" not in paid:
                paid[f"{key} {what}"] = 1
                paid[what] += 1
        wanted = {f"{each}:{number}{part}" for each, number in self.acknowledged for part in ("", ":later")}
        lost = sum(1 for each in wanted if not paid[each])
        doubled = sum(1 for what, times in paid.items() if " " not in what and times > 1)
        with open_archive(self.folder / "data") as archive:
            records = list(archive.records())
            calls = Counter(each["activeflow"] for each in records)
            stored = [each for each in archive.activeflows(all_of_them=True) if each.flow == "desk"]
        open_ones = sum(1 for each in records if each["ended"] is None or each["cause"] != "lost")
        wrong = open_ones + sum(abs(calls[each.id] - 1) for each in stored) + calls[None]
        return {"kills": kills, "acknowledged": len(self.acknowledged), "lost": lost + self.diverged,
                "doubled": doubled, "cdr_wrong": wrong}  # fmt: skip


def run(kills: int, seed: int, folder: Path) -> dict[str, int]:
    """Kills so often, and tells what it found."""
    killer = Killer(folder, seed)
    for number in range(kills):
        killer.once("random" if number % 2 else POINTS[number // 2 % len(POINTS)])
    killer.once("none", to_the_end=True)
    SqliteStore(folder / "data").close()
    with SqliteStore(folder / "data") as store:
        trio.run(_recover_only, store)
    return killer.result(kills)


async def _recover_only(store: SqliteStore) -> None:
    """Closes the records of the last child's calls."""
    async with flowlang.open_engine(store=store) as engine:
        engine.recover()


def main() -> None:
    """Reads the arguments."""
    if sys.argv[1:2] == ["--child"]:
        folder, point, count = sys.argv[2:]
        trio.run(child, Path(folder), point, int(count))
        return
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(kills, seed, Path(folder))))


if __name__ == "__main__":
    main()
