"""What the two kill harnesses share: `kill_engine.py`, of the engine alone, and `tests/kill`, of `flow serve`
among its peers. Their arguments, in which turn kills are at random and at points, and the line at the end."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

PATIENCE = 60.0
"""Seconds without anything done, at the end: then what is missing does not come any more."""
RANDOM = "random"
_ENOUGH = 3
"""Kills for each point until all count: half of them are at points, so each had a turn, and one that was not
reached at its first (a mail that failed is not there yet, a machine is busy) had others."""
_STEP = 10  # kills between two words of how far they are


class Run(Protocol):
    """Kills so often with that seed, with all that is kept in a folder; `progress` is told of each kill."""

    def __call__(
        self, kills: int, seed: int, folder: Path, progress: Callable[[int], None]
    ) -> dict[str, Any]: ...


def turns(kills: int, points: Sequence[str], reached: Mapping[str, int]) -> Iterator[str]:
    """Where each kill is: every other at random, the rest at each point in turn, twice as often at one at
    which no process was killed: `reached` says meanwhile how many were at each."""
    tried = dict.fromkeys(points, 0)
    for number in range(kills):
        if number % 2 == 0:
            yield RANDOM
            continue
        point = min(points, key=lambda each: tried[each] + reached.get(each, 0))
        tried[point] += 1
        yield point


def never_reached(points: Sequence[str], reached: Mapping[str, int], kills: int) -> list[str]:
    """Of the points that had a turn among so many kills those at which no process was killed."""
    return sorted(each for each in points[: kills // 2] if not reached.get(each))


def main(run: Run, wrong: Sequence[str], points: int, description: str) -> int:
    """Reads the arguments, runs, and prints what was found. The exit code is 1 where anything that `wrong`
    names is not 0, and where there were turns enough for so many points and one was `never_reached`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("kills", type=int, nargs="?", default=300)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--keep", type=Path, help="a folder in which all is left")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result = run(given.kills, given.seed, folder, _progress(given.kills))
    if given.kills >= _ENOUGH * points:
        wrong = *wrong, "never_reached"
    clean = not any(result[each] for each in wrong)
    print(json.dumps({"kills": given.kills, **result, "clean": clean}))
    return int(not clean)


def _progress(kills: int) -> Callable[[int], None]:
    def told(number: int) -> None:
        if number % _STEP == 0:
            print(f"{number} of {kills} kills", file=sys.stderr)

    return told
