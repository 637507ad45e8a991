"""Each code has a folder here: `script.flow`, the modules that it uses, and in `expected.txt` the exact text
that its author reads.

The script is loaded as an engine does it: what does not parse is not checked, what has errors not compiled.
Prompts are looked for in the folder; the backends are such that cannot refuse calls and notify nobody. A
folder of E8xx has a `flow.toml` whose mistake it is. Of another one with a `flow.toml` it is what `flow
check` says, which sees both.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowlang.analysis.capabilities import Capability
from flowlang.cli.check import check
from flowlang.cli.scripts import prompt_plays
from flowlang.diagnostics import CODES, RETIRED, Source, render
from flowlang.engine.errors import ScriptError
from flowlang.engine.loading import compiled
from flowlang.model.actions import ACTIONS
from flowlang.model.commands import COMMANDS
from flowlang.modules import ModuleFiles
from flowlang.project.project import ProjectError, open_project

HERE = Path(__file__).parent
ROOT = Path.cwd()  # from which settings files are named
OUTLETS = frozenset({"sms", "email", "chat", "http", "store"})
BACKENDS = (Capability(frozenset({"call"}), frozenset(COMMANDS) - {"reject"}, OUTLETS),)
FOLDERS = sorted(path.parent for path in HERE.glob("*/script.flow"))


def rendered(folder: Path) -> str:
    if (folder / "flow.toml").is_file() and folder.name[:2] != "E8":
        shown = CliRunner().invoke(check, [str(folder / "script.flow")], standalone_mode=False)
        return shown.output.replace(f"{folder}/", "").replace(f"{folder.relative_to(ROOT)}/", "")
    if (folder / "flow.toml").is_file():
        with pytest.raises(ProjectError) as refused:
            open_project(folder / "script.flow").backends(object)
        found = refused.value.diagnostics
        return "".join(f"{render(each)}\n" for each in found).replace(f"{folder.relative_to(ROOT)}/", "")
    source = Source("script.flow", (folder / "script.flow").read_text(encoding="utf-8"))
    try:
        load = ModuleFiles(folder / "script.flow")
        _, found = compiled(source, ACTIONS, BACKENDS, prompt_plays(folder), load)
    except ScriptError as error:
        found = error.diagnostics
    return "".join(f"{render(each)}\n" for each in found).replace(f"{folder}/", "")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_mistake_is_shown_as_written_down(folder: Path) -> None:
    assert rendered(folder) == (folder / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_folder_that_shows_it(code: str) -> None:
    expected = HERE / code / "expected.txt"
    assert expected.is_file(), f"no tests/diagnostics/{code}/"
    assert f" {code}: " in expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_folder_is_named_after_a_code(folder: Path) -> None:
    assert folder.name in CODES


def test_no_code_is_used_that_is_not_explained() -> None:
    files = (HERE.parents[1] / "flowlang").rglob("*.py")
    texts = [each.read_text(encoding="utf-8") for each in files]
    used = {code for text in texts for code in re.findall(r'"([EW][0-9]{3})"', text)}
    assert used <= CODES.keys() | RETIRED.keys()
    assert all(each.title and each.explanation.endswith((".", ")")) for each in CODES.values())


def test_a_code_out_of_use_is_not_given_again() -> None:
    assert not RETIRED.keys() & CODES.keys()


def test_each_number_is_given_or_out_of_use() -> None:
    taken = CODES.keys() | RETIRED.keys()
    for head in {each[:2] for each in taken}:
        numbers = sorted(int(each[2:]) for each in taken if each.startswith(head))
        assert numbers == list(range(1, len(numbers) + 1)), head
