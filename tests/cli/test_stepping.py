"""`flow replay --step` goes through each input line by line, forwards and back, with the variables there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import trio

from flowlang.cli.stepping import MOST, Stepper
from flowlang.model.secrets import MASK
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow
from tests.store.recovering import engine_on

TEXT = """func double(x) {
    let y = x * 2
    return y + 1
}
flow main {
    let sum = 0
    secret let pin = "a77b"
    on signal "add" as s {
        let t = double(s.data)
        sum = sum + t
    }
    wait for signal "end"
    loop up to 9000 {
        sum = sum + 1
    }
}
"""
BEGIN = [("main", 5), ("main", 6), ("main", 7), ("main", 8), ("main", 12)]
ADD = [("on", 9), ("double", 1), ("double", 2), ("double", 3), ("on", 10)]


@pytest.fixture
async def kept(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> tuple[Path, str]:
    """A folder with a run of three entries, and its activeflow."""
    async with engine_on(SqliteStore(tmp_path), TEXT) as (engine, _):
        run = engine.start("main")
        await trio.sleep(1)
        engine.signal(run.id, "add", 3)
        await trio.sleep(1)
        engine.signal(run.id, "end")
        await run.ended()
    return tmp_path, run.id


async def test_each_line_of_an_entry_has_its_variables(kept: tuple[Path, str]) -> None:
    folder, run = kept
    done = flow("replay", run, "--data", folder, "--step", "--json")
    assert (done.code, done.err) == (0, "")
    entries = [json.loads(line) for line in done.out.splitlines()]
    lines = [[(each["flow"], each["line"]) for each in entry["steps"]] for entry in entries]
    assert lines[:2] == [BEGIN, ADD]
    assert [each["variables"] for each in entries[1]["steps"]][1:4] == [{"x": 3}, {"x": 3}, {"x": 3, "y": 6}]
    assert entries[1]["steps"][-1]["variables"]["t"] == 7
    assert [each["left_out"] > 0 for each in entries] == [False, False, True]
    assert len(lines[2]) == MOST
    assert "a77b" not in done.out
    assert entries[0]["steps"][-1]["variables"] == {"sum": 0, "pin": MASK}


async def test_one_walks_through_them_forwards_and_back(kept: tuple[Path, str]) -> None:
    folder, run = kept
    typed = "\n\nb\nn\n\n\np\n1\nn\nq\n"
    done = flow("replay", run, "--data", folder, "--step", typed=typed)
    assert done.code == 0
    seen = [
        line.split()[:3] for line in done.out.splitlines() if line.startswith("      ") and " line " in line
    ]
    assert seen == [
        [name, "line", str(line)]
        for name, line in (
            BEGIN[0], BEGIN[1], BEGIN[2], BEGIN[1], ADD[0], ADD[1], ADD[2], BEGIN[0], ADD[0], ("main", 13),
        )
    ]  # fmt: skip
    assert "[1 of 2]" in done.err


async def test_the_end_of_what_is_typed_ends_the_walk(kept: tuple[Path, str]) -> None:
    folder, run = kept
    done = flow("replay", run, "--data", folder, "--step", typed="n\n")
    assert done.code == 0
    assert done.err.count("of 2]") == 2


async def test_what_was_traced_before_is_traced_after(kept: tuple[Path, str]) -> None:
    before = sys.gettrace()
    with Stepper() as stepper:
        assert sys.gettrace() != before
    assert sys.gettrace() is before
    assert stepper.take(()) == ([], 0)


async def test_a_parameter_is_left_out_until_it_has_its_default(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    text = 'flow main(name = "xy") {\n    log name\n}\n'
    async with engine_on(SqliteStore(tmp_path), text) as (engine, _):
        run = engine.start("main")
        await run.ended()
    done = flow("replay", run.id, "--data", tmp_path, "--step", "--json")
    (entry,) = map(json.loads, done.out.splitlines())
    seen = [each["variables"] for each in entry["steps"]]
    assert {} in seen
    assert [each for each in seen if each][-1] == {"name": "xy"}
    assert all(each in ({}, {"name": "xy"}) for each in seen)
