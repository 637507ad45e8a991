"""`make bench-durability`: durable steps a second, and how fast activeflows are back after a crash.

A step is one input that is on disk (SQLite, WAL, `synchronous=FULL`) before what came of it went out. The
garbage collector is as in `flow serve`. The last line is JSON; each figure with what limits it:

- steps_1: steps a second of one activeflow. Each is a commit of its own: the disk's `fsync`, and two switches
  of threads.
- steps_100, steps_5000: of so many. One commit has the inputs of all that were taken while the last one was
  under way: Python, by feeding, hashing and encoding each input.
- task_steps: of 1,000 activeflows that call an action of the host: the same, and a task of trio's for each.
- recovered_per_s: activeflows a second that are back, each with 20 entries: Python, by feeding them again.
- call_path_cost: what the store adds to the CPU time of a call, as a part of it, at 200 calls a second:
  Python and SQLite, by encoding and writing the call's inputs; call_path_cost_50: at 50, where each step has
  a commit of its own: the commits. CPU time knows no waiting for the disk. See `call_path.py`.
- parked_mib: MiB of a process with a million parked activeflows: Python's modules and the engine, for nothing
  of a parked one is in it.
- wake_p50_ms, wake_p99_ms: milliseconds until one with 100 entries is awake: SQLite, by reading rows that lie
  among those of the others, and Python, by feeding them again.
- peak_mib: the most memory it had, with 1,000 of them awake: their state, and pages that SQLite keeps. See
  `parked.py`.
"""

from __future__ import annotations

import gc
import json
import tempfile
import time
from pathlib import Path

import call_path
import parked
import trio

from flowlang.engine import open_engine
from flowlang.model.action import Action
from flowlang.store.sqlite import SqliteStore

SCRIPT = """
flow counter { let n = 0
    on signal "add" { n = n + 1 }
    wait 1d }
"""
WORKER = "flow worker { loop { work() } }"
WORK = Action("work", "Does nothing.", recovery="repeat")
ENTRIES = 20  # of each activeflow that is recovered
RECOVERED = 3_000
SECONDS = 2.0


def as_served() -> None:
    """What is here now stays, and is not looked at again (see `flowlang.cli.serving`)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


async def steps(folder: Path, count: int) -> float:
    """Steps a second with so many activeflows, each given its next input when the last is on disk."""
    done = 0
    with SqliteStore(folder) as store:
        async with open_engine(store=store) as engine:
            engine.load_text(SCRIPT)
            flows = [engine.start("counter").id for _ in range(count)]
            await trio.sleep(0.5)
            as_served()
            began = time.perf_counter()
            while time.perf_counter() - began < SECONDS:
                for each in flows[1:]:
                    engine.signal(each, "add")
                await engine.signalled(flows[0], "add")  # taken last, so all others are on disk too
                done += count
            took = time.perf_counter() - began
    return done / took


async def task_steps(folder: Path, count: int) -> float:
    """Steps a second of activeflows that call an action of the host again and again."""
    done = 0

    async def work() -> None:
        nonlocal done
        done += 1

    with SqliteStore(folder) as store:
        async with open_engine(store=store) as engine:
            engine.add_action(WORK, work)
            engine.load_text(WORKER)
            for _ in range(count):
                engine.start("worker")
            await trio.sleep(0.5)
            as_served()
            before, began = done, time.perf_counter()
            await trio.sleep(SECONDS)
            return (done - before) / (time.perf_counter() - began)


async def recovered(folder: Path) -> float:
    """Activeflows a second that are back, each with so many entries."""
    with SqliteStore(folder) as store:
        async with open_engine(store=store) as engine:
            engine.load_text(SCRIPT)
            flows = [engine.start("counter").id for _ in range(RECOVERED)]
            for _ in range(ENTRIES - 1):
                for each in flows:
                    engine.signal(each, "add")
            await engine.signalled(flows[-1], "add")
    with SqliteStore(folder) as store:
        async with open_engine(store=store) as engine:
            as_served()
            began = time.perf_counter()
            found = engine.recover()
            took = time.perf_counter() - began
            assert len(found.live) == RECOVERED
            assert not found.diverged
    return RECOVERED / took


def main() -> None:
    """Measures all of it, each in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = {
            "steps_1": round(trio.run(steps, folder / "1", 1)),
            "steps_100": round(trio.run(steps, folder / "100", 100)),
            "steps_5000": round(trio.run(steps, folder / "5000", 5000)),
            "task_steps": round(trio.run(task_steps, folder / "task", 1000)),
            "recovered_per_s": round(trio.run(recovered, folder / "recovered")),
            **call_path.measure(folder),
            **parked.measure(),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
