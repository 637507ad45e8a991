"""Each code has a folder here: `script.flow`, and in `expected.txt` the exact text that its author reads.

A script that does not parse is not checked. Prompts are looked for in the folder.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.analysis import check
from flowlang.diagnostics import CODES, Source, render
from flowlang.syntax import parse

HERE = Path(__file__).parent
FOLDERS = sorted(path.parent for path in HERE.glob("*/script.flow"))


def rendered(folder: Path) -> str:
    source = Source("script.flow", (folder / "script.flow").read_text(encoding="utf-8"))
    parsed = parse(source)
    found = list(parsed.diagnostics)
    if parsed.module is not None and not found:
        found += check(parsed.module, exists=lambda path: (folder / path).is_file()).diagnostics
    return "".join(f"{render(each)}\n" for each in found)


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
