"""`flow check`, `flow explain` and what all commands share: exit codes, one line for each mistake."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.flow import Done, flow, flow_process

RIGHT = 'flow main {\n    say "Hello"\n}\n'
WRONG_NAME = 'flow main {\n    sya "Hello"\n}\n'
NO_FLOW = "flow main {\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "right.flow").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "name.flow").write_text(WRONG_NAME, encoding="utf-8")
    (tmp_path / "brace.flow").write_text(NO_FLOW, encoding="utf-8")
    (tmp_path / "latin.flow").write_bytes(b'flow main {\n    say "caf\xe9"\n}\n')
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize("run", [flow, flow_process])
def test_a_right_script_is_silent(folder: Path, run: Callable[..., Done]) -> None:
    assert run("check", "right.flow", folder=folder) == Done(0, "", "")


def test_a_byte_order_mark_is_no_mistake(folder: Path) -> None:
    (folder / "bom.flow").write_bytes(b"\xef\xbb\xbf" + RIGHT.encode())
    assert flow("check", "bom.flow", folder=folder) == Done(0, "", "")


def test_a_mistake_shows_place_line_caret_and_near_name(folder: Path) -> None:
    assert flow("check", "name.flow", folder=folder) == Done(
        1,
        "name.flow:2:5: error E201: nothing is called `sya`\n"
        '    sya "Hello"\n'
        "    ^^^ did you mean `say`?\n".replace("    sya", "        sya").replace("    ^^^", "        ^^^"),
        "",
    )


def test_a_constant_that_cannot_be_worked_out_is_a_mistake(folder: Path) -> None:
    (folder / "right.flow").write_text("const PART = 1 // 0\nflow main { let _x = PART }\n", encoding="utf-8")
    assert flow("check", "right.flow", folder=folder) == Done(
        1,
        "right.flow:1:1: error E606: this constant cannot be worked out: nothing can be divided by zero\n"
        "    const PART = 1 // 0\n"
        "    ^^^^^^^^^^^^^^^^^^^\n",
        "",
    )


DESK = "route call => main\nflow main { answer }\nfunc twice(n) = n * 2\nfunc thrice(n) = n * 3\n"
DESK_TESTS = (
    'test "twice" {\n    let a = call(from: +14155550100, to: +14155550101)\n    a waits 1s * twice(2)\n'
)


def test_what_only_the_tests_beside_a_script_use_is_used(folder: Path) -> None:
    (folder / "desk.flow").write_text(DESK, encoding="utf-8")
    alone = flow("check", "desk.flow", folder=folder)
    assert "`twice`" in alone.out
    assert "`thrice`" in alone.out
    (folder / "desk_test.flow").write_text(DESK_TESTS + "    expect stopped\n}\n", encoding="utf-8")
    beside = flow("check", "desk.flow", folder=folder)
    assert "`twice`" not in beside.out
    assert "`thrice`" in beside.out


def test_tests_beside_a_script_are_checked_with_it_and_only_they_are_spoken_of(folder: Path) -> None:
    (folder / "desk.flow").write_text(DESK + "flow wrong { sya }\n", encoding="utf-8")
    (folder / "desk_test.flow").write_text(DESK_TESTS + "    expect stopped\n}\n", encoding="utf-8")
    assert flow("check", "desk_test.flow", folder=folder) == Done(0, "", "")
    (folder / "desk_test.flow").write_text(DESK_TESTS + "    a sings 1\n}\n", encoding="utf-8")
    done = flow("check", "desk_test.flow", folder=folder)
    assert done.code == 3
    assert done.out.startswith("desk_test.flow:4:")


def test_what_is_not_the_language_exits_3(folder: Path) -> None:
    done = flow("check", "brace.flow", folder=folder)
    assert done.code == 3
    assert done.out.startswith("brace.flow:1:11: error E102")


def test_the_worst_of_several_files_gives_the_exit_code(folder: Path) -> None:
    (folder / "latin.flow").unlink()
    done = flow("check", ".", folder=folder)
    assert done.code == 3
    assert [line.split(":")[0] for line in done.out.splitlines() if not line.startswith(" ")] == [
        "brace.flow",
        "name.flow",
    ]


def test_json_is_one_object_a_finding(folder: Path) -> None:
    done = flow("check", "--json", "name.flow", folder=folder)
    found = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1
    assert [(each["file"], each["line"], each["column"], each["code"], each["near"]) for each in found] == [
        ("name.flow", 2, 5, "E201", "say")
    ]


@pytest.mark.parametrize("command", ["check", "run", "serve"])
@pytest.mark.parametrize(
    ("path", "code", "line"),
    [
        ("rigth.flow", 2, "flow: rigth.flow: no such file; did you mean right.flow?"),
        ("nowhere/at/all.flow", 2, "flow: nowhere/at/all.flow: no such file"),
        ("empty", 2, "flow: empty: there is no .flow file in this folder"),
    ],
)
def test_a_script_that_cannot_be_read_is_one_line(
    folder: Path, command: str, path: str, code: int, line: str
) -> None:
    assert flow(command, path, folder=folder) == Done(code, "", line + "\n")


@pytest.mark.parametrize("command", ["check", "run", "serve"])
def test_a_text_that_is_not_utf_8_shows_where(folder: Path, command: str) -> None:
    done = flow(command, "latin.flow", folder=folder)
    assert done.code == 3
    assert (done.out + done.err).startswith(
        "latin.flow:2:13: error E101: this is not UTF-8 text (byte 0xe9); save it as UTF-8\n"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["chekc"], "flow: there is no command 'chekc'; did you mean `flow check`?"),
        (["check"], "flow: Missing argument 'FILE...'. (see `flow check --help`)"),
        (["check", "--jsn", "x"], "flow: No such option"),
        (["explain", "E20"], "flow: there is no code 'E20'; did you mean E2"),
        (
            ["serve", "right.flow", "--listen", "a:b"],
            "flow: Invalid value for '--listen': 'a:b' is not ADDRESS:PORT",
        ),
        (
            ["serve", "right.flow", "--listen", "[::1]:70000"],
            "flow: Invalid value for '--listen': port 70000 is above",
        ),
        (
            ["serve", "right.flow", "--rtp-ports", "9-8"],
            "flow: Invalid value for '--rtp-ports': 9-8: ports go from",
        ),
        (
            ["serve", "right.flow", "--rtp-ports", "x"],
            "flow: Invalid value for '--rtp-ports': 'x' is not FIRST-LAST",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exits_2(folder: Path, arguments: list[str], line: str) -> None:
    done = flow(*arguments, folder=folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(line)
    assert done.err.count("\n") == 1


def test_an_unreadable_file_is_one_line(folder: Path) -> None:
    (folder / "loop.flow").symlink_to("loop.flow")
    done = flow("check", "loop.flow", folder=folder)
    assert (done.code, done.err) == (2, "flow: loop.flow: too many levels of symbolic links\n")


def test_a_device_is_no_script(folder: Path) -> None:
    assert flow("check", os.devnull, folder=folder) == Done(2, "", f"flow: {os.devnull}: not a file\n")


def test_explain_tells_what_a_code_means() -> None:
    done = flow("explain", "e201")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("E201: unknown name\n\n")


def test_explain_tells_of_a_code_out_of_use() -> None:
    done = flow("explain", "e116")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("E116: no longer used\n\n")


def test_version_and_help() -> None:
    assert flow("--version").out.startswith("flow 0.")
    done = flow()
    assert done.code == 2
    for command in ("check", "explain", "run", "serve"):
        assert f"  {command} " in done.out
        assert flow(command, "--help").code == 0


def test_check_loads_neither_trio_nor_prompt_toolkit_nor_numpy(folder: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from flowlang.cli import main; sys.argv = ['flow', 'check', 'right.flow']\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "print(sorted({'trio', 'prompt_toolkit', 'numpy', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ('kind = "webb"', '2:8: error E805: no package here has the kind of backend "webb"'),
        ('kind = "web"\nlisten = "127.0.0.1:99999"', "3:10: error E803: `listen` does not read like one"),
        ('kind = "web"\nlistn = "127.0.0.1:80"', "3:1: error E802: there is no setting `listn`"),
        ('kind = "notify"\nservices.default = "plain"', "3:20: error E803"),
    ],
)
def test_backends_of_flow_toml_are_read_too(folder: Path, lines: str, mistake: str) -> None:
    (folder / "flow.toml").write_text(f"[backends.one]\n{lines}\n", encoding="utf-8")
    for _ in range(2):
        done = flow("check", "right.flow", folder=folder)
        assert (done.code, done.err) == (1, "")
        assert mistake in done.out


def test_secrets_of_backends_need_not_be_where_scripts_are_checked(folder: Path) -> None:
    services = '{ a = { env = "NOT_HERE" }, b = { file = "not-here" } }'
    lines = f'[backends.one]\nkind = "notify"\nservices = {services}\n'
    (folder / "flow.toml").write_text(lines, encoding="utf-8")
    assert flow("check", "right.flow", folder=folder) == Done(0, "", "")


def test_what_several_scripts_have_the_same_is_told_once(folder: Path) -> None:
    (folder / "flow.toml").write_text('[policy]\nfile = "operator.flow"\n', encoding="utf-8")
    (folder / "other.flow").write_text((folder / "right.flow").read_text("utf-8"), encoding="utf-8")
    done = flow("check", "right.flow", "other.flow", folder=folder)
    assert done.code == 0
    assert done.out.count("W801") == 1
