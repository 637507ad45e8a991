"""A million parked activeflows: what they cost in memory, and how long one takes to wake.

They are written into the store by copying two that an engine parked: most have waited for a signal since they
began, a thousand have 100 entries, among those of the others. Each of the thousand is then given a signal by
an engine in a process of its own; it is awake when it has taken it. SQLite's reads and the replay of 100
entries limit that; the memory is the engine's own, for nothing of a parked one is in it.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from subprocess import run

import trio

from flowlang.engine import open_engine
from flowlang.store import statements
from flowlang.store.coding import encode
from flowlang.store.database import Database
from flowlang.store.reading import FILE, open_archive
from flowlang.store.sqlite import SqliteStore
from flowlang.store.stored import Stored

SCRIPT = """
flow main { let n = 0
    on signal "add" { n = n + 1 }
    wait for signal "end" }
"""
PARKED = 1_000_000
LONG = 1_000  # of them, those with many entries
ENTRIES = 100
_GROUP = 50_000  # activeflows that are written at once
_PARKED_ONE = (
    "INSERT INTO activeflows (number, id, build, opening, first, state, began, last)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


async def _park_two(folder: Path) -> None:
    """One that has just begun, and one with `ENTRIES` entries."""
    with SqliteStore(folder) as store:
        async with open_engine(store=store, park_after=0.01) as engine:
            engine.recover()
            engine.load_text(SCRIPT)
            engine.start("main")
            many = engine.start("main").id
            for _ in range(ENTRIES - 1):
                await engine.signalled(many, "add")
            while engine.activeflows:  # noqa: ASYNC110 (it is a benchmark)
                await trio.sleep(0.1)


def _copy(folder: Path, count: int, long: int) -> None:
    """Copies of the two, until there are so many."""
    with open_archive(folder) as archive:
        short, many = archive.activeflows()
        rows = {each.number: [(encode(e.given), e.outcome) for e in archive.entries(each)]
                for each in (short, many)}  # fmt: skip
    db = Database(folder / FILE)
    row = db.value("SELECT max(row) FROM journal")
    every = count // long
    for first in range(3, count + 1, _GROUP):
        flows: list[tuple[object, ...]] = []
        journal: list[tuple[object, ...]] = []
        waiting: list[tuple[int, list[tuple[str, bytes]], Stored]] = []
        for number in range(first, min(first + _GROUP, count + 1)):
            origin = many if number % every == 0 else short
            waiting.append((number, rows[origin.number], origin))
        lasts = dict.fromkeys((number for number, _, _ in waiting), 0)
        firsts: dict[int, int] = {}
        for turn in range(ENTRIES):  # one entry of each after the other, as they come
            for number, entries, _ in waiting:
                if turn < len(entries):
                    row += 1
                    firsts.setdefault(number, row)
                    journal.append((row, number, lasts[number], *entries[turn]))
                    lasts[number] = row
        for number, _, origin in waiting:
            name = f"{number:012x}"
            opening = encode(origin.opening | {"activeflow": name})
            flows.append((number, name, origin.build, opening, firsts[number], "parked", origin.began,
                          lasts[number]))  # fmt: skip
        db.begin()
        db.many(_PARKED_ONE, flows)
        db.many(statements.APPEND, journal)
        db.commit()
    db.close()


async def _wake(folder: Path, count: int, long: int) -> dict[str, float]:
    """Milliseconds to wake one, at the 99th of 100, and MiB of this process."""
    took: list[float] = []
    every = count // long
    with SqliteStore(folder) as store:
        async with open_engine(store=store) as engine:
            engine.recover()
            await trio.sleep(0.1)
            parked_mib = _resident()
            for number in range(every, count + 1, every):
                began = time.perf_counter()
                running = engine.alive(f"{number:012x}")
                took.append(time.perf_counter() - began)
                assert running is not None
                assert running.flow.inputs == ENTRIES
                if number % (50 * every) == 0:
                    await trio.lowlevel.checkpoint()
    took.sort()
    return {
        "parked_mib": round(parked_mib, 1),
        "wake_p99_ms": round(took[len(took) * 99 // 100] * 1000, 2),
        "wake_p50_ms": round(took[len(took) // 2] * 1000, 2),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _resident() -> float:
    """MiB of memory of this process (proc_pid_statm(5))."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure(count: int = PARKED, long: int = LONG) -> dict[str, float]:
    """All of it, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trio.run(_park_two, folder)
        _copy(folder, count, long)
        command = [sys.executable, __file__, name, str(count), str(long)]
        done = run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Measures, or wakes in a process of its own."""
    if len(sys.argv) == 4:
        folder, count, long = sys.argv[1:]
        print(json.dumps(trio.run(_wake, Path(folder), int(count), int(long))))
    else:
        print(json.dumps(measure(*map(int, sys.argv[1:]))))


if __name__ == "__main__":
    main()
