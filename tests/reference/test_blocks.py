"""The reference is a test: its scripts are right, or wrong as they say, and their tests pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.analysis import check
from flowlang.diagnostics import Source
from flowlang.modules import ModuleFiles
from flowlang.syntax import parse
from flowlang.syntax.format import format_source
from flowlang.testing import run_tests
from flowlang.testing.rendering import result_lines
from tests.reference.blocks import PAGE, Block, meant

BLOCKS = meant()
RUN = [each for each in BLOCKS if each.has_tests]


def name(block: Block) -> str:
    return f"line {block.line}"


def written(block: Block, folder: Path) -> Path:
    """The block as a file, with the modules that stand above it on the page."""
    for each in BLOCKS:
        if each.file is not None and each.line < block.line:
            (folder / each.file).write_text(each.text, encoding="utf-8")
    path = folder / (block.file or "block.flow")
    path.write_text(block.text, encoding="utf-8")
    return path


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_the_checker_says_what_stands_beside_the_mark(block: Block, tmp_path: Path) -> None:
    path = written(block, tmp_path)
    parsed = parse(Source(str(path), block.text))
    assert not parsed.diagnostics
    assert parsed.module is not None
    found = check(parsed.module, exists=lambda _: True, load=ModuleFiles(path)).diagnostics
    assert [each.code for each in found] == ([block.code] if block.code else [])


@pytest.mark.parametrize("block", RUN, ids=name)
def test_the_tests_of_a_block_pass(block: Block, tmp_path: Path) -> None:
    for each in run_tests(written(block, tmp_path)).results:
        assert each.passed, "\n".join(result_lines(each))


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_a_block_is_in_its_canonical_form(block: Block) -> None:
    assert format_source(Source("block.flow", block.text)).text == block.text


def test_each_part_on_the_meaning_shows_a_script_that_runs() -> None:
    parts = PAGE[PAGE.index("\n# Meaning\n") : PAGE.index("\n# Tests\n")].split("\n## ")[1:]
    bare = {part.partition("\n")[0] for part in parts if "\ntest " not in part}
    assert bare == {"Durability", "Not in this version"}
