"""Each flow in `examples/` can be started from: it is right and in its form, its tests pass and take nearly
all of it, and its README names commands that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.flow import flow

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDERS = sorted(each.parent for each in EXAMPLES.glob("*/*.flow") if each.stem == each.parent.name)
COMMANDS = ("check", "test", "run")
TAKEN = 80  # per cent at the least; a mail that fails and a key beyond the menu cannot all be brought about

every_flow = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)


def test_there_are_ten() -> None:
    assert len(FOLDERS) >= 10


@every_flow
def test_a_flow_is_right_without_a_word(folder: Path) -> None:
    done = flow("check", f"{folder.name}.flow", folder=folder)
    assert (done.code, done.out, done.err) == (0, "", "")


@every_flow
def test_it_has_its_canonical_form(folder: Path) -> None:
    done = flow("fmt", "--check", ".", folder=folder)
    assert done.code == 0, done.out + done.err


@every_flow
def test_its_tests_pass_and_take_nearly_all_of_it(folder: Path) -> None:
    done = flow("test", f"{folder.name}.flow", "--coverage", folder=folder)
    assert done.code == 0, done.out + done.err
    taken = re.search(r"(\d+) % taken", done.out)
    assert taken is not None
    assert int(taken[1]) >= TAKEN, done.out


@every_flow
def test_its_readme_names_commands_that_are_there(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^    (?:printf '[^']*' \| )?flow (\w+) (\S+)", text, re.MULTILINE)
    assert tuple(command for command, _ in named)[: len(COMMANDS)] == COMMANDS
    assert all((folder / file).exists() for _, file in named)


def test_the_list_of_examples_has_them_all() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"]({each.name}/README.md)" in text for each in FOLDERS)
