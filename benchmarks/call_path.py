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

TURNS = 9
CALLS, CALLS_A_SECOND = 400, 200  # of a turn, at each server
WARM = 200  # calls before anything is measured


def cpu_s(pid: int) -> float:
    """CPU time of a process so far: the clock of all of its threads, as Linux numbers it."""
    return time.clock_gettime((~pid << 3) | 2)


def measure(folder: Path, turns: int = TURNS) -> dict[str, float]:
    """`call_path_cost`, the part that the journal adds, and what both are in milliseconds a call."""
    spent: dict[str, list[float]] = {"without": [], "with": []}
    with server(folder, "--no-store") as without, server(folder) as keeping:
        servers = {"without": without, "with": keeping}
        for each in servers.values():
            _turn(folder, each, WARM)
        for turn in range(turns):
            for name in list(servers)[:: 1 if turn % 2 else -1]:
                spent[name].append(_turn(folder, servers[name], CALLS))
    both = {name: median(each) for name, each in spent.items()}
    return {
        "call_path_cost": round(both["with"] / both["without"] - 1, 3),
        "call_ms_journal": round(both["with"], 3),
        "call_ms_memory": round(both["without"], 3),
    }


def _turn(folder: Path, under: Server, calls: int) -> float:
    """Milliseconds a call. SystemExit where calls failed: then nothing is comparable."""
    before = cpu_s(under.pid)
    failed = Sipp(folder, under.port, CALLS_A_SECOND, calls).failed()
    if failed:
        raise SystemExit(f"bench: {failed} of {calls} calls failed; the machine is too busy")
    return (cpu_s(under.pid) - before) * 1000 / calls


def main() -> None:
    """Measures."""
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(Path(name), *map(int, sys.argv[1:]))))


if __name__ == "__main__":
    main()
