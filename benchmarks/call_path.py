"""What the journal costs on the way of a call: the CPU time of the same calls with a data folder and without.

Two servers run beside each other. sipp calls now the one, now the other, in an order that turns round each
time, so that whatever else the machine does meets both; the medians of all turns are compared. CPU time is
that of the whole process with its threads, in nanoseconds (clock_getcpuclockid(3)).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from signalling import Server, Sipp, server

TURNS = 7
LOADS = {200: 400, 50: 150}
"""Calls a second, and how many of them are a turn at each server. At the higher load several steps are in one
commit, at the lower one each step has its own."""
WARM = 200  # calls before anything is measured


def cpu_s(pid: int) -> float:
    """CPU time of a process so far: the clock of all of its threads, as Linux numbers it."""
    return time.clock_gettime((~pid << 3) | 2)


def measure(folder: Path, turns: int = TURNS) -> dict[str, float | None]:
    """`call_path_cost`, the part that the journal adds to a call at the higher load, `call_path_cost_50` at
    the lower; `None` where calls failed, for the machine is too busy."""
    found: dict[str, float | None] = {}
    with server(folder, "--no-store") as without, server(folder) as keeping:
        for each in (without, keeping):
            _turn(folder, each, max(LOADS), WARM)
        for cps, calls in LOADS.items():
            spent: dict[Server, list[float]] = {without: [], keeping: []}
            for turn in range(turns):
                for each in list(spent)[:: 1 if turn % 2 else -1]:
                    spent[each] += _turn(folder, each, cps, calls)
            both = [median(each) if each else None for each in spent.values()]
            name = "call_path_cost" if cps == max(LOADS) else f"call_path_cost_{cps}"
            found[name] = round(both[1] / both[0] - 1, 3) if both[0] and both[1] else None
    return found


def _turn(folder: Path, under: Server, cps: int, calls: int) -> list[float]:
    """Milliseconds a call; nothing where one failed."""
    before = cpu_s(under.pid)
    failed = Sipp(folder, under.port, cps, calls).failed()
    return [] if failed else [(cpu_s(under.pid) - before) * 1000 / calls]


def main() -> None:
    """Measures."""
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(Path(name), *map(int, sys.argv[1:]))))


if __name__ == "__main__":
    main()
