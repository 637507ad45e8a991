"""What `flow check` keeps of scripts that have not changed, and whom it trusts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowlang.cli import check as checking
from flowlang.cli.check import check

WAV = Path(__file__).parents[1] / "diagnostics" / "E613" / "right.wav"
SCRIPT = 'use "./greetings"\nroute call => main\nflow main { play "hello.wav"\n greetings.hello() }\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "main.flow").write_text(SCRIPT)
    (tmp_path / "greetings.flow").write_text('flow hello { say "Hello." }\n')
    shutil.copy(WAV, tmp_path / "hello.wav")
    return tmp_path


def found(folder: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(check, [*options, str(folder / "main.flow")], standalone_mode=False)
    return done.return_value, done.output


def entries(folder: Path) -> list[Path]:
    return list((folder / "cache/flowlang/check").iterdir())


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The scripts that were looked at anew."""
    seen: list[Path] = []
    anew = checking._check  # pyright: ignore[reportPrivateUsage]

    def watched(path: Path, as_json: bool, what: object) -> object:
        seen.append(path)
        return anew(path, as_json, what)  # type: ignore[arg-type]

    monkeypatch.setattr(checking, "_check", watched)
    return seen


def test_an_unchanged_script_is_not_checked_twice(folder: Path, checked: list[Path]) -> None:
    first = found(folder)
    assert found(folder) == first == (0, "")
    assert len(checked) == 1
    assert (folder / "cache/flowlang/check").stat().st_mode & 0o777 == 0o700
    assert [each.stat().st_mode & 0o777 for each in entries(folder)] == [0o600]


def test_findings_are_shown_again_as_people_and_programs_read_them(folder: Path, checked: list[Path]) -> None:
    (folder / "main.flow").write_text("flow main { sya }\n")
    assert found(folder) == found(folder)
    assert found(folder)[0] != 0
    assert found(folder, "--json") == found(folder, "--json")
    assert len(checked) == 2


@pytest.mark.parametrize("changed", ["main.flow", "greetings.flow"])
def test_a_changed_text_is_checked_anew(folder: Path, changed: str, checked: list[Path]) -> None:
    found(folder)
    (folder / changed).write_text("flow hello { nonsense }\n")
    assert found(folder)[0] != 0
    assert len(checked) == 2


def test_a_prompt_that_cannot_be_played_any_more_is_told(folder: Path, checked: list[Path]) -> None:
    assert found(folder) == (0, "")
    (folder / "hello.wav").write_bytes(b"ID3")
    assert "error E613: `hello.wav` cannot be played: not a WAV file; it seems to be MP3" in found(folder)[1]
    assert found(folder)[0] == 1
    assert len(checked) == 2


def test_tests_that_come_to_lie_beside_a_script_are_looked_at(folder: Path, checked: list[Path]) -> None:
    (folder / "main.flow").write_text(SCRIPT + "func twice(n) = n * 2\n")
    assert "W202" in found(folder)[1]
    for used, shown in (("twice", False), ("thrice", True)):
        (folder / "main_test.flow").write_text(f'test "t" {{ {used}(1)\nexpect stopped }}\n')
        assert ("W202" in found(folder)[1]) is shown
        assert found(folder) == found(folder)
    assert len(checked) == 3


def test_a_prompt_that_is_gone_is_missed(folder: Path, checked: list[Path]) -> None:
    found(folder)
    (folder / "hello.wav").unlink()
    assert "hello.wav" in found(folder)[1]
    assert len(checked) == 2


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_may_write_is_not_used(folder: Path, mode: int, checked: list[Path]) -> None:
    found(folder)
    (folder / "cache/flowlang/check").chmod(mode)
    found(folder)
    assert len(checked) == 2


def test_an_entry_that_others_may_write_or_that_is_a_link_is_not_read(
    folder: Path, checked: list[Path]
) -> None:
    found(folder)
    (entry,) = entries(folder)
    entry.chmod(0o666)
    found(folder)
    assert len(checked) == 2
    (entry,) = entries(folder)
    elsewhere = folder / "elsewhere"
    entry.rename(elsewhere)
    entry.symlink_to(elsewhere)
    found(folder)
    assert len(checked) == 3


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"texts": 1}', '{"texts": [], "prompts": [], "code": "x"}']
)
def test_a_broken_entry_is_as_none(folder: Path, text: str, checked: list[Path]) -> None:
    found(folder)
    (entry,) = entries(folder)
    entry.write_text(text)
    assert found(folder) == (0, "")
    assert len(checked) == 2


def test_without_a_place_of_its_own_nothing_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, checked: list[Path]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "")
    assert found(folder) == found(folder) == (0, "")
    assert len(checked) == 2
    assert not os.path.exists("relative")
