"""`flow test` as a process: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.flow import flow

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = 'route call to "100" => main\nflow main { say "Hello." }\n'
GOOD = SCRIPT + 'test "greets" { let a = call(to: "100")\n expect a hears "Hello" }\n'
BAD = SCRIPT + 'test "parts" { let a = call(to: "100")\n expect a hears "Goodbye" }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "below").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "good.flow").write_text(GOOD)
    (tmp_path / "none.flow").write_text(SCRIPT)
    (tmp_path / "below" / "bad.flow").write_text(BAD)
    (tmp_path / ".hidden" / "broken.flow").write_text("flow {")
    return tmp_path


def test_a_script_that_passes_ends_with_0(folder: Path) -> None:
    done = flow("test", "good.flow", folder=folder)
    assert (done.code, done.err) == (0, "")
    assert done.out == "ok    good.flow:3  greets  (0:00.000)\n1 passed\n"


def test_a_folder_is_gone_through_with_those_below(folder: Path) -> None:
    done = flow("test", folder=folder)
    assert done.code == 1
    lines = done.out.splitlines()
    assert [each for each in lines if each.startswith(("ok", "FAIL"))] == [
        "ok    good.flow:3  greets  (0:00.000)",
        "FAIL  below/bad.flow:3  parts  (0:00.400)",
    ]
    assert lines[-1] == "1 passed, 1 failed"


def test_tests_are_chosen_by_name(folder: Path) -> None:
    done = flow("test", "-k", "GREET", folder=folder)
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 passed")
    none = flow("test", "-k", "nothing", folder=folder)
    assert (none.code, none.err) == (1, "flow: .: there are no tests with 'nothing' in the name\n")


def test_no_tests_are_a_failure_with_one_line(folder: Path) -> None:
    done = flow("test", "none.flow", folder=folder)
    assert (done.code, done.out, done.err) == (1, "", "flow: none.flow: there are no tests\n")


def test_a_script_with_mistakes_ends_with_3_and_the_others_run(folder: Path) -> None:
    (folder / "broken.flow").write_text(GOOD.replace("hears", "herars"))
    (folder / "wrong.flow").write_text(GOOD.replace("expect a", "expect b"))
    done = flow("test", folder=folder)
    assert done.code == 3
    assert "wrong.flow:4:9: error E201: nobody is called `b`" in done.err
    assert "broken.flow" in done.err
    assert "ok    good.flow:3" in done.out


def test_tests_beside_a_script_are_run_with_it(folder: Path) -> None:
    test = 'test "loud" { let a = call(to: "100")\n expect a hears loud("hello") }\n'
    beside = f"func loud(x) = upper(x)\n{test}"
    (folder / "good_test.flow").write_text(beside)
    done = flow("test", "good_test.flow", "--coverage", folder=folder)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[:3] == [
        "ok    good.flow:3  greets  (0:00.000)",
        "FAIL  good_test.flow:2  loud  (0:00.400)",
        'good_test.flow:3:2: a did not hear "HELLO": the call is over: hung up',
    ]
    assert "good.flow: 100 % taken (2 of 2)" in lines
    (folder / "good_test.flow").write_text(beside.replace("expect a", "expect b"))
    assert "good_test.flow:3:9: error E201" in flow("test", folder=folder).err


def test_a_path_that_is_none_is_wrong_usage(folder: Path) -> None:
    done = flow("test", "godo.flow", folder=folder)
    assert (done.code, done.err) == (2, "flow: godo.flow: no such file; did you mean good.flow?\n")


def test_json_is_an_object_a_line(folder: Path) -> None:
    done = flow("test", "--json", "--coverage", folder=folder)
    assert done.code == 1
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [(each["kind"], each["file"]) for each in lines] == [
        ("test", "good.flow"),
        ("coverage", "good.flow"),
        ("test", "below/bad.flow"),
        ("coverage", "below/bad.flow"),
    ]


def test_junit_is_written_beside(folder: Path) -> None:
    done = flow("test", "--junit", "out.xml", folder=folder)
    assert done.code == 1
    suites = ElementTree.fromstring((folder / "out.xml").read_text())  # noqa: S314
    assert [each.attrib["name"] for each in suites] == ["good.flow", "below/bad.flow"]
    nowhere = flow("test", "good.flow", "--junit", "no/out.xml", folder=folder)
    assert (nowhere.code, nowhere.err) == (
        2,
        "flow: no/out.xml: cannot be written: no such file or directory\n",
    )


def test_sound_files_have_their_length_and_must_be_there(folder: Path) -> None:
    (folder / "sound.flow").write_text(GOOD.replace('say "Hello."', 'play "hello.wav"'))
    done = flow("test", "sound.flow", folder=folder)
    assert done.code == 3
    assert "E604" in done.err


def test_the_examples_pass() -> None:
    done = flow("test", "examples", "--coverage", folder=ROOT)
    assert done.code == 0, done.out + done.err
    assert "\nFAIL" not in done.out
