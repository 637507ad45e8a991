"""What commands write, and what they say where they cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.flow import flow

SCRIPT = """route call => main

flow main { say "Hello." }

test "it" {
    let ann = call(to: "100")
    expect ann hears "Hello"
}
"""
COMMANDS = [("test", "x.flow"), ("graph", "x.flow"), ("explain-route", "call", "x.flow"), ("explain", "E201")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x.flow").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_full_disk_behind_the_output_is_told_in_one_line(command: tuple[str, ...], folder: Path) -> None:
    program = Path(sys.executable).with_name("flow")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([program, *command], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        "flow: the output cannot be written: no space left on device\n",
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_output_at_all_is_no_mistake(command: tuple[str, ...], folder: Path) -> None:
    program = Path(sys.executable).with_name("flow")
    line = f'exec "{program}" {" ".join(command)} >&-'
    done = subprocess.run(["sh", "-c", line], cwd=folder, stderr=subprocess.PIPE, text=True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", [("graph", "x.flow", "--svg", "-o", "x.flow"), ("test", "x.flow", "--junit", "x.flow")]
)
def test_a_script_is_never_written_over(command: tuple[str, ...], folder: Path) -> None:
    done = flow(*command, folder=folder)
    assert (done.code, done.err) == (
        2,
        "flow: x.flow: would be written over, and is a script; name another file\n",
    )
    assert (folder / "x.flow").read_text(encoding="utf-8") == SCRIPT


def test_a_diagram_is_written_in_the_form_that_its_name_has(folder: Path) -> None:
    assert flow("graph", "x.flow", "-o", "x.svg", folder=folder).code == 0
    assert (folder / "x.svg").read_text(encoding="utf-8").startswith("<svg")
    assert flow("graph", "x.flow", "-o", "x.mmd", folder=folder).code == 0
    assert "flowchart" in (folder / "x.mmd").read_text(encoding="utf-8")
    done = flow("graph", "x.flow", "-o", "x.png", folder=folder)
    assert done.code == 2
    assert "name it .svg or .mmd" in done.err


def test_a_name_that_is_no_text_is_written_as_far_as_it_is(folder: Path) -> None:
    strange = os.fsdecode(b"\xff.flow")
    (folder / strange).write_text(SCRIPT, encoding="utf-8")
    assert flow("test", strange, "--junit", "x.xml", folder=folder).code == 0
    report = (folder / "x.xml").read_text(encoding="utf-8")
    assert ElementTree.fromstring(report).tag == "testsuites"  # noqa: S314
    assert flow("graph", strange, "-o", "x.svg", folder=folder).code == 0


def test_tests_beside_a_script_that_are_no_text_are_told_of(folder: Path) -> None:
    (folder / "x_test.flow").write_bytes(b'test "\xe9" { }')
    done = flow("graph", "--coverage", "x.flow", folder=folder)
    assert done.code == 3
    assert "x_test.flow:1:7: error E101: this is not UTF-8 text" in done.err


@pytest.mark.parametrize("command", ["fmt", "test"])
def test_a_folder_without_scripts_is_told_of(command: str, tmp_path: Path) -> None:
    done = flow(command, ".", folder=tmp_path)
    assert (done.code, done.err) == (2, "flow: .: there is no .flow file in this folder or below\n")
