"""The manners of the house that a machine can hold: ruff, pyright strict, short files with a docstring."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
MAX_LINES = 450
FILES = sorted((ROOT / "flowlang").rglob("*.py"))


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)


def test_ruff_finds_nothing() -> None:
    done = tool("ruff", "check", "--no-cache", "--output-format=concise", ".")
    assert done.returncode == 0, done.stdout + done.stderr


def test_pyright_strict_finds_nothing() -> None:
    done = tool("pyright", "--pythonpath", sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_opens_with_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_LINES, f"{path.name} has more than {MAX_LINES} lines: split it"
    assert ast.get_docstring(ast.parse(text)), f"{path.name} opens with no docstring"


def test_half_of_the_files_are_under_150_lines() -> None:
    lengths = sorted(path.read_text(encoding="utf-8").count("\n") for path in FILES)
    assert lengths[len(lengths) // 2] < 150
