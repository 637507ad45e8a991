"""The commands that look into a data folder: `ps`, `show`, `trace`, `replay`, `cdr`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.simulator import SimulatorBackend
from tests.cli.flow import flow
from tests.cli.test_export_test import ran

DESK = """route call to "100" => desk

flow desk {
    let count = 0
    on dtmf as key { count = count + 1 }
    say "Welcome."
    wait 1h
}
"""


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, str]:
    """A folder with a call that pressed two keys, and was lost; and its activeflow."""
    phones = SimulatorBackend()

    async def use(engine: flowlang.Engine) -> None:
        ann = phones.call(source="+14155550100", to="100")
        await ann.wait_heard("Welcome", to_the_end=True)
        ann.press("12")
        await trio.sleep(2)

    return tmp_path, ran(tmp_path, DESK, phones, use)


def test_ps_lists_what_lives(kept: tuple[Path, str]) -> None:
    folder, activeflow = kept
    done = flow("ps", "--data", "data", folder=folder)
    assert done.code == 0
    head, line = done.out.splitlines()
    assert head.startswith("ID ")
    assert line.split()[:3] == [activeflow, "live", "desk"]
    plain = json.loads(flow("ps", "--data", "data", "--json", folder=folder).out)
    assert (plain["id"], plain["channel"], plain["ending"]) == (activeflow, "call", None)


def test_show_tells_line_variables_and_what_it_waits_for(kept: tuple[Path, str]) -> None:
    folder, activeflow = kept
    done = flow("show", activeflow[:6], "--data", "data", folder=folder)
    assert done.code == 0
    assert "desk line 7  wait 1h" in done.out
    assert "count = 2" in done.out
    assert "next deadline: " in done.out
    plain = json.loads(flow("show", activeflow, "--data", "data", "--json", folder=folder).out)
    (strand,) = plain["strands"]
    assert strand["frames"] == [{"flow": "desk", "line": 7, "variables": {"count": 2}}]


def test_trace_tells_what_was_said_and_pressed(kept: tuple[Path, str]) -> None:
    folder, activeflow = kept
    done = flow("trace", activeflow, "--data", "data", folder=folder)
    assert (done.code, done.err) == (0, "")
    for each in ("desk", "Welcome.", "dtmf"):
        assert each in done.out


def test_replay_steps_forwards_and_back(kept: tuple[Path, str]) -> None:
    folder, activeflow = kept
    done = flow("replay", activeflow, "--data", "data", folder=folder)
    assert done.code == 0
    assert "count = 0" in done.out
    assert done.out.rindex("count = 1") < done.out.rindex("count = 2")
    short = flow("replay", activeflow, "--data", "data", "--until", "2", folder=folder)
    assert "count = 1" not in short.out
    stepped = flow("replay", activeflow, "--data", "data", "--step", folder=folder, typed="n\nn\np\n0\nq\n")
    numbers = [line.split()[0] for line in stepped.out.splitlines() if line[:4].strip().isdecimal()]
    assert numbers == ["0", "1", "2", "1", "0"]


def test_an_id_of_nobody_is_one_line(kept: tuple[Path, str]) -> None:
    folder, _ = kept
    for command in ("show", "trace", "replay", "export-test"):
        done = flow(command, "nobody", "--data", "data", folder=folder)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)


def test_cdr_lists_calls_as_table_csv_and_json(kept: tuple[Path, str]) -> None:
    folder, activeflow = kept
    assert "desk" in flow("cdr", "--data", "data", folder=folder).out
    (row,) = csv.DictReader(io.StringIO(flow("cdr", "--data", "data", "--csv", folder=folder).out))
    assert row["activeflow"] == activeflow
    (line,) = flow("cdr", "--data", "data", "--json", folder=folder).out.splitlines()
    assert json.loads(line)["to"] == row["to"]
    assert flow("cdr", "--data", "data", "--json", "--since", "2999-01-01", folder=folder).out == ""
