"""`flow fmt`: which files are written, what is shown, and how it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.flow import Done, flow

LOOSE = 'flow main{say("Hello")}\n'
TIDY = 'flow main { say "Hello" }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "loose.flow").write_text(LOOSE, encoding="utf-8")
    (tmp_path / "tidy.flow").write_text(TIDY, encoding="utf-8")
    return tmp_path


def test_a_changed_file_is_written_and_named(folder: Path) -> None:
    assert flow("fmt", "loose.flow", "tidy.flow", folder=folder) == Done(0, "loose.flow\n", "")
    assert (folder / "loose.flow").read_text(encoding="utf-8") == TIDY


def test_a_tidy_file_is_not_touched(folder: Path) -> None:
    before = (folder / "tidy.flow").stat()
    assert flow("fmt", "tidy.flow", folder=folder) == Done(0, "", "")
    after = (folder / "tidy.flow").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_folder_stands_for_all_scripts_below_it(folder: Path) -> None:
    for name in ("inner", "inner/deep", ".hidden"):
        (folder / name).mkdir()
        (folder / name / "x.flow").write_text(LOOSE, encoding="utf-8")
    (folder / "notes.txt").write_text(LOOSE, encoding="utf-8")
    assert flow("fmt", ".", folder=folder) == Done(0, "loose.flow\ninner/x.flow\ninner/deep/x.flow\n", "")


def test_check_names_what_would_change_and_writes_nothing(folder: Path) -> None:
    assert flow("fmt", "--check", ".", folder=folder) == Done(1, "loose.flow\n", "")
    assert (folder / "loose.flow").read_text(encoding="utf-8") == LOOSE
    assert flow("fmt", "--check", "tidy.flow", folder=folder) == Done(0, "", "")


def test_diff_shows_what_would_change_and_writes_nothing(folder: Path) -> None:
    difference = f"--- loose.flow\n+++ loose.flow\n@@ -1 +1 @@\n-{LOOSE}+{TIDY}"
    assert flow("fmt", "--diff", ".", folder=folder) == Done(0, difference, "")
    assert flow("fmt", "--check", "--diff", ".", folder=folder) == Done(1, difference, "")
    assert (folder / "loose.flow").read_text(encoding="utf-8") == LOOSE


def test_diff_says_where_the_last_line_has_no_end(folder: Path) -> None:
    (folder / "loose.flow").write_text(LOOSE.rstrip(), encoding="utf-8")
    done = flow("fmt", "--diff", "loose.flow", folder=folder)
    assert done.out.endswith(f"-{LOOSE}\\ No newline at end of file\n+{TIDY}")


def test_standard_input_goes_to_standard_output(folder: Path) -> None:
    assert flow("fmt", "-", typed=LOOSE) == Done(0, TIDY, "")
    assert flow("fmt", "-", typed=TIDY) == Done(0, TIDY, "")
    assert flow("fmt", "--check", "-", typed=LOOSE) == Done(1, "<stdin>\n", "")


def test_what_does_not_parse_is_shown_and_left_alone(folder: Path) -> None:
    (folder / "broken.flow").write_text("flow main {\n", encoding="utf-8")
    (folder / "latin.flow").write_bytes(b'flow main { say "caf\xe9" }\n')
    done = flow("fmt", ".", folder=folder)
    assert (done.code, done.out) == (3, "loose.flow\n")
    assert [line[:30] for line in done.err.splitlines() if line.startswith(("broken", "latin"))] == [
        "broken.flow:1:11: error E102: ", "latin.flow:1:21: error E101: t",
    ]  # fmt: skip
    assert (folder / "broken.flow").read_text(encoding="utf-8") == "flow main {\n"
    assert (folder / "latin.flow").read_bytes() == b'flow main { say "caf\xe9" }\n'


def test_permissions_and_links_stay(folder: Path) -> None:
    (folder / "loose.flow").chmod(0o640)
    (folder / "link.flow").symlink_to("loose.flow")
    assert flow("fmt", "link.flow", folder=folder) == Done(0, "link.flow\n", "")
    assert (folder / "link.flow").is_symlink()
    assert (folder / "loose.flow").stat().st_mode & 0o777 == 0o640
    assert (folder / "loose.flow").read_text(encoding="utf-8") == TIDY
    assert sorted(os.listdir(folder)) == ["link.flow", "loose.flow", "tidy.flow"]


def test_line_ends_become_lf_and_a_byte_order_mark_goes(folder: Path) -> None:
    (folder / "tidy.flow").write_bytes(b"\xef\xbb\xbf" + TIDY.replace("\n", "\r\n").encode())
    assert flow("fmt", "tidy.flow", folder=folder) == Done(0, "tidy.flow\n", "")
    assert (folder / "tidy.flow").read_bytes() == TIDY.encode()


def test_a_path_that_is_not_there_is_wrong_usage(folder: Path) -> None:
    done = flow("fmt", "lose.flow", folder=folder)
    assert done == Done(2, "", "flow: lose.flow: no such file; did you mean loose.flow?\n")
