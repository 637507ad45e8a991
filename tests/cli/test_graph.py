"""`flow graph`: a script as a diagram."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.flow import flow

SCRIPT = """route call to "100" => main
flow main { say "Hello"
    other() }
flow other { if elapsed() > 1h { say "late" } }
flow third { log "x" }
"""
TESTED = f"""{SCRIPT}
test "it" {{ let a = call(to: "100")
    expect a hears "Hello" }}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "desk.flow").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "tested.flow").write_text(TESTED, encoding="utf-8")
    (tmp_path / "failing.flow").write_text(TESTED.replace('hears "Hello"', 'hears "Bye"'), encoding="utf-8")
    (tmp_path / "wrong.flow").write_text('flow main { sya "Hello" }\n', encoding="utf-8")
    return tmp_path


def test_mermaid_goes_to_standard_output(folder: Path) -> None:
    done = flow("graph", "desk.flow", folder=folder)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("---\ntitle: 'desk.flow'\n---\nflowchart TD\n")
    assert "flow third" in done.out


def test_the_name_of_the_file_chooses_the_form(folder: Path) -> None:
    for out in ("a.svg", "a.mmd"):
        assert flow("graph", "desk.flow", "-o", out, folder=folder).code == 0
    assert (folder / "a.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert (folder / "a.mmd").read_text(encoding="utf-8") == flow("graph", "desk.flow", folder=folder).out
    assert flow("graph", "desk.flow", "--svg", folder=folder).out.startswith("<svg ")


def test_one_flow_and_what_it_leads_to(folder: Path) -> None:
    out = flow("graph", "desk.flow", "--flow", "main", folder=folder).out
    assert "flow main" in out
    assert "flow other" in out
    assert "flow third" not in out


def test_an_unknown_flow_is_told_with_a_near_one(folder: Path) -> None:
    done = flow("graph", "desk.flow", "--flow", "mian", folder=folder)
    assert (done.code, done.err) == (2, "flow: the script has no flow 'mian'; did you mean main?\n")


def test_coverage_marks_what_no_test_takes(folder: Path) -> None:
    done = flow("graph", "tested.flow", "--coverage", folder=folder)
    assert (done.code, done.err) == (0, "")
    assert "“late”<br/>(no test ever came here)" in done.out


def test_tests_in_a_file_beside_the_script_count(folder: Path) -> None:
    (folder / "desk_test.flow").write_text(TESTED[len(SCRIPT) :], encoding="utf-8")
    done = flow("graph", "desk.flow", "--coverage", folder=folder)
    assert (done.code, done.err) == (0, "")
    assert ":::k_taken" in done.out


def test_a_failed_test_is_told_and_the_diagram_drawn(folder: Path) -> None:
    done = flow("graph", "failing.flow", "--coverage", folder=folder)
    assert (done.code, done.err) == (1, "flow: 1 of 1 tests failed; see `flow test`\n")
    assert "flowchart" in done.out


def test_coverage_wants_tests(folder: Path) -> None:
    done = flow("graph", "desk.flow", "--coverage", folder=folder)
    assert (done.code, done.out) == (1, "")
    assert done.err == "flow: desk.flow: there are no tests that could take anything\n"


def test_a_script_that_does_not_compile_is_not_drawn(folder: Path) -> None:
    done = flow("graph", "wrong.flow", folder=folder)
    assert (done.code, done.out) == (3, "")
    assert "did you mean `say`?" in done.err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("none",), "flow: none: no such file"),
        ((".",), "flow: .: a folder; name the script to draw"),
        (("desk.flow", "-o", "no/x.svg"), "flow: no/x.svg: cannot be written: no such file or directory"),
    ],
)
def test_what_cannot_be_read_or_written_is_one_line(
    folder: Path, arguments: tuple[str, ...], why: str
) -> None:
    done = flow("graph", *arguments, folder=folder)
    assert (done.code, done.err.splitlines()[0]) == (2, why)
    assert done.err.count("\n") == 1
