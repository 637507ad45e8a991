"""`flow run` with input from a pipe: whole transcripts, and the exit codes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.flow import FLOW, Done, flow, flow_process

MENU = """\
route call to +16062067563 => main
route call to "fails"      => fails

flow main {
    on hangup { log "gone" }
    let key = ask("Press 1 or 2.", digits: 1, timeout: 1h, retries: 1)
    match key {
        "1"      => say "One."
        no_input => say "Nothing."
        _        => say "Other: ${key}."
    }
    wait 10m
    say "Good-bye."
}

flow fails { play "missing.wav" }

flow other { log "other" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "menu.flow").write_text(MENU.replace('"missing.wav"', '"${call.to}.wav"'), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("run", [flow, flow_process])
def test_a_call_is_a_transcript_and_no_wait_takes_time(folder: Path, run: Callable[..., Done]) -> None:
    assert run("run", "menu.flow", "--from", "+14155550101", typed="1\n", folder=folder) == Done(
        0,
        "calling tel:+16062067563 from tel:+14155550101\n"
        "answered\n"
        "» Press 1 or 2.\n"
        "> 1\n"
        "» One.\n"
        "you hung up (normal)\n"
        "log: gone\n"
        "flow main is over: the caller has left\n",
        "",
    )


def test_input_may_let_time_pass(folder: Path) -> None:
    done = flow("run", "menu.flow", typed="wait 90m\nwait 35m\nwait 20m\n", folder=folder)
    assert done.out.splitlines()[2:] == [
        "» Press 1 or 2.",
        "> wait 90m",
        "» Press 1 or 2.",
        "> wait 35m",
        "» Nothing.",
        "> wait 20m",
        "» Good-bye.",
        "the flow hung up",
        "flow main is over: done",
    ]


def test_the_same_input_gives_the_same_call(folder: Path) -> None:
    first, second = (
        flow("run", "menu.flow", "--json", typed="2\nwait 1h\n", folder=folder) for _ in range(2)
    )
    assert without_ids(first.out) == without_ids(second.out)


def without_ids(lines: str) -> list[dict[str, object]]:
    """Observations without what a clock or chance gave, times from the first."""
    found = [json.loads(line) for line in lines.splitlines()]
    began = found[0]["at"]
    for each in found:
        for name in ("at", "started", "answered", "ended"):
            if isinstance(each.get(name), int):
                each[name] -= began
        each.pop("activeflow", None)
    return found


def test_json_is_one_observation_a_line_and_nothing_else(folder: Path) -> None:
    done = flow("run", "menu.flow", "--json", typed="1\nhangup\n", folder=folder)
    kinds = [json.loads(line)["kind"] for line in done.out.splitlines()]
    assert done.code == 0
    assert (kinds[0], kinds[-1]) == ("FlowStarted", "FlowEnded")
    assert {"LegAnswered", "ActionStarted", "EventArrived", "Logged", "CallRecorded"} <= set(kinds)
    assert "» One." in done.err


def test_trace_shows_the_lines_of_the_script(folder: Path) -> None:
    done = flow("run", "menu.flow", "--trace", typed="1\nhangup\n", folder=folder)
    assert 'menu.flow:6  let key = ask("Press 1 or 2.", digits: 1, timeout: 1h, retries: 1)' in done.out
    assert "  +0.867s      dtmf 1  taken by line 6\n" in done.out


def test_a_fault_exits_1_and_names_line_and_cause(folder: Path) -> None:
    done = flow("run", "menu.flow", "--to", "fails", folder=folder)
    assert done.code == 1
    assert done.err == ""
    assert done.out.splitlines()[-1].startswith("menu.flow:16: fault prompt_missing: ")
    assert done.out.splitlines()[-1].endswith("sip:fails@localhost.wav: no such file")


def test_a_sound_file_that_is_no_wav_is_named(folder: Path) -> None:
    (folder / "a.flow").write_text('flow main { play "a.wav" }', encoding="utf-8")
    (folder / "a.wav").write_bytes(b"ID3 not a wav")
    done = flow("run", "a.flow", folder=folder)
    assert done.code == 1
    assert "a.flow:1: fault prompt_bad: " in done.out
    assert "a.wav: not a WAV file; it seems to be MP3" in done.out


def test_a_call_that_no_route_takes_exits_1(folder: Path) -> None:
    done = flow("run", "menu.flow", "--to", "+16062067564", folder=folder)
    assert done.code == 1
    assert done.out.splitlines()[1].startswith("no flow took the call: ")
    assert done.out.splitlines()[2:] == ["refused: 404"]


def test_a_flow_can_be_called_past_the_routes(folder: Path) -> None:
    done = flow("run", "menu.flow", "--flow", "other", folder=folder)
    assert (done.code, "log: other" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("script", "options", "line"),
    [
        ("flow a { }", ["--flow", "ab"], "flow: the script has no flow 'ab'; did you mean a?"),
        ("flow a(x) { log x }", ["--flow", "a"], "flow: flow a takes x, which a call cannot give"),
        ("flow a(x) { log x }", [], "flow: the script has no flow that a call could start"),
        (
            "flow a { }\nflow b { }",
            [],
            "flow: the script has no route for calls; choose with --flow: a, b",
        ),
    ],
)
def test_a_flow_that_cannot_be_called_is_wrong_usage(
    tmp_path: Path, script: str, options: list[str], line: str
) -> None:
    (tmp_path / "a.flow").write_text(script, encoding="utf-8")
    assert flow("run", "a.flow", *options, folder=tmp_path) == Done(2, "", line + "\n")


@pytest.mark.parametrize(
    "script", ['flow main { say "a" }', 'flow a { say "a" }', 'flow b { }\nflow main { say "a" }']
)
def test_without_a_route_main_or_the_only_flow_is_called(tmp_path: Path, script: str) -> None:
    (tmp_path / "a.flow").write_text(script, encoding="utf-8")
    assert "» a\n" in flow("run", "a.flow", folder=tmp_path).out


@pytest.mark.parametrize("script", ["flow main {", "flow main { sya 1 }"])
def test_what_does_not_compile_exits_3(tmp_path: Path, script: str) -> None:
    (tmp_path / "a.flow").write_text(script, encoding="utf-8")
    done = flow("run", "a.flow", folder=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("a.flow:1:")
    assert done.err.endswith("flow: a.flow does not compile: 1 error\n")


def test_an_endless_flow_loses_its_silent_caller(tmp_path: Path) -> None:
    (tmp_path / "a.flow").write_text('flow main { loop { wait 10s; say "Still here." } }', encoding="utf-8")
    done = flow("run", "a.flow", folder=tmp_path)
    assert done.code == 0
    assert done.out.count("» Still here.") == 5  # every 10.8 s, for a minute


@pytest.mark.parametrize("option", ["--trace", "--json"])
def test_whoever_reads_may_leave(folder: Path, option: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [FLOW, "run", "menu.flow", option],
            input=b"",
            stdout=writing,
            stderr=subprocess.PIPE,
            cwd=folder,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_the_readme_shows_what_the_command_prints() -> None:
    root = Path(__file__).resolve().parents[2]
    shown = (root / "README.md").read_text(encoding="utf-8").split("```console\n")[1].split("```")[0]
    command, transcript = shown.split("\n", 1)
    assert command == r"$ printf '1\n5551234#\n' | flow run examples/clinic/desk.flow"
    done = flow("run", "examples/clinic/desk.flow", typed="1\n5551234#\n", folder=root)
    assert done == Done(0, transcript, "")


@pytest.mark.parametrize("options", [["--from", "x y"], ["--to", "a\tb"], ["--from", ""]])
def test_an_address_that_none_is_is_wrong_usage(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "a.flow").write_text('flow main { say "a" }', encoding="utf-8")
    done = flow("run", "a.flow", *options, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "is no number, address or extension" in done.err
