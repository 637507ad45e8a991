"""Each name that a file of ours imports from another is there: one that moved is told here, and not when a
test that others are run without is collected. Nothing is imported for it; the files are read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("flowlang", "tests", "tools", "benchmarks")


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def file_of(module: str) -> Path | None:
    """Where its text is: a file, or the `__init__.py` of a folder."""
    path = ROOT.joinpath(*module.split("."))
    return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)


@cache
def bound(module: str) -> frozenset[str] | None:
    """The names that it binds at its top, `None` where it makes them as they are asked for."""
    path = file_of(module)
    names = frozenset(names_of(parsed(path).body)) if path is not None else frozenset[str]()
    return None if names & {"__getattr__", "*"} else names


def names_of(body: list[ast.stmt]) -> Iterator[str]:
    for each in body:
        match each:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case _:
                for part in ast.walk(each):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        yield part.id
                    if isinstance(part, ast.stmt) and part is not each:
                        yield from names_of([part])


def is_there(module: str, name: str) -> bool:
    names = bound(module)
    if names is None or name in names or name == "*":
        return True
    return file_of(f"{module}.{name}") is not None or ROOT.joinpath(*module.split("."), name).is_dir()


def wanted(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, module and name of each import from a file of ours; no name where all of the module is meant."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names if is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *([node.module] if node.module else [])))
            if is_ours(module):
                yield from ((node.lineno, module, alias.name) for alias in node.names)


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in FOLDERS


def missing(path: Path) -> Iterator[str]:
    for line, module, name in wanted(path):
        folder = ROOT.joinpath(*module.split("."))
        if file_of(module) is None and not folder.is_dir():
            yield f"{path.relative_to(ROOT)}:{line}: there is no {module}"
        elif name and not is_there(module, name):
            yield f"{path.relative_to(ROOT)}:{line}: {module} has no {name}"


@pytest.mark.parametrize("folder", [*FOLDERS, "examples"])
def test_what_is_imported_is_there(folder: str) -> None:
    found = [each for path in sorted((ROOT / folder).rglob("*.py")) for each in missing(path)]
    assert not found, "\n".join(found)


def test_what_has_moved_is_told() -> None:
    assert is_there("flowlang.sip", "Registrar")
    assert is_there("tests.project", "test_imports")
    assert not is_there("flowlang.sip", "Registrars")
