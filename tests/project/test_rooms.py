"""The rooms of CONTRIBUTING.md: imports go down only, and from `core` down nothing knows the world."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SANS_IO = ("core", "compile", "graph", "analysis", "syntax", "sip", "rtp", "model", "diagnostics")
CONCURRENCY = {"trio", "asyncio", "anyio", "threading", "multiprocessing", "concurrent", "subprocess"}
NETWORK = {"socket", "selectors", "ssl", "http", "urllib"}
WORLD = CONCURRENCY | NETWORK | {"time", "secrets", "uuid"}


def modules(room: str) -> Iterator[Path]:
    yield from sorted((ROOT / "flowlang" / room).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of each absolute import of a file; `urllib.parse` is no network."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        else:
            continue
        yield from ((node.lineno, name.split(".")[0]) for name in names if name != "urllib.parse")


def test_imports_go_down_only() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", SANS_IO)
def test_clock_chance_and_network_come_from_outside(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(room)
        for line, name in imported(path)
        if name in WORLD
    ]
    assert not found, "\n".join(found)


def test_pyvoip_is_imported_by_its_own_backend_only() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "flowlang").rglob("*.py")
        if any(name.lower() == "pyvoip" for _, name in imported(path))
        and "pyvoip" not in path.relative_to(ROOT / "flowlang" / "backends").parts[0]
    ]
    assert not found, "\n".join(found)


def test_contributing_lists_the_very_rooms_that_the_contract_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    held = [set(re.findall(r"\w+", layer)) for layer in layers]
    block = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```")[1]
    written = [set(re.findall(r"\w+", line.split("  ")[0])) for line in block.strip().splitlines()]
    assert written == held
