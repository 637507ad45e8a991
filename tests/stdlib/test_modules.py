"""Every module of the standard library: it is checked without a word, its own tests pass, and so does the
example in its header."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowlang.analysis import check
from flowlang.diagnostics import Source, render
from flowlang.modules import ModuleFiles
from flowlang.resources import stdlib_path
from flowlang.syntax import ast, parse
from flowlang.testing.run import Surroundings, run_source

_TESTS = "_test.flow"
MODULES = sorted(each for each in stdlib_path().glob("*.flow") if not each.name.endswith(_TESTS))
_EXAMPLE = re.compile(r"^## ```flow\n(.*?)^## ```$", re.MULTILINE | re.DOTALL)


def example_of(module: Path) -> str:
    found = _EXAMPLE.search(module.read_text(encoding="utf-8"))
    assert found is not None, f"{module.name} begins with no example"
    return re.sub(r"^## ?", "", found[1], flags=re.MULTILINE)


def beside(module: Path) -> Source | None:
    """The tests of a module that need routes, and so cannot stand in it."""
    path = module.with_name(f"{module.stem}{_TESTS}")
    return Source(path.name, path.read_text(encoding="utf-8")) if path.exists() else None


def passed(source: Source, path: Path | None, tests: Source | None = None) -> int:
    """Runs the tests of a text, and those beside it, and tells how many there were."""
    report = run_source(source, Surroundings(load=ModuleFiles(path)), beside=tests)
    assert [each.failure for each in report.results if each.failure is not None] == []
    return len(report.results)


def findings(source: Source, path: Path | None) -> str:
    parsed = parse(source)
    assert parsed.module is not None
    found = (*parsed.diagnostics, *check(parsed.module, load=ModuleFiles(path)).diagnostics)
    return "\n".join(map(render, found))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_is_right_and_its_own_tests_pass(module: Path) -> None:
    source = Source(module.name, module.read_text(encoding="utf-8"))
    assert findings(source, module) == ""
    passed(source, module, beside(module))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_the_example_in_the_header_runs_and_has_a_test(module: Path) -> None:
    source = Source(f"example of {module.stem}", example_of(module))
    assert findings(source, None) == ""
    assert passed(source, None) >= 1


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_what_stands_above_the_helpers_says_what_it_does(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    parsed = parse(Source(module.name, text))
    assert parsed.module is not None
    assert parsed.module.doc
    helpers = text.find("\n# What follows is for")
    for each in parsed.module.declarations:
        if isinstance(each, ast.FlowDecl | ast.FuncDecl) and (helpers < 0 or each.span.start < helpers):
            assert each.doc, f"{each.name} has no `##`"
