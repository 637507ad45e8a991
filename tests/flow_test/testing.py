"""Runs test blocks of a script that is given as text."""

from __future__ import annotations

from flowlang.diagnostics import Source
from flowlang.testing.rendering import result_lines
from flowlang.testing.results import Failure, Report
from flowlang.testing.run import run_source


def run(script: str, *statements: str, coverage: bool = False) -> Report:
    """The script with one test of these statements."""
    body = "\n".join(f"    {each}" for each in statements)
    return run_source(Source("x.flow", f'{script}\ntest "it" {{\n{body}\n}}\n'), coverage=coverage)


def passes(script: str, *statements: str) -> int:
    """Requires that the test passes; its length on the virtual clock, in milliseconds."""
    (result,) = run(script, *statements).results
    assert result.passed, "\n".join(result_lines(result))
    return result.lasted // 1000


def failure(script: str, *statements: str) -> Failure:
    """Requires that the test fails; why."""
    (result,) = run(script, *statements).results
    assert result.failure is not None
    return result.failure
