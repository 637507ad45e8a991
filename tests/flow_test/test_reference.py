"""The part of the reference on tests is itself a test."""

from __future__ import annotations

import re

from flowlang.diagnostics import Source
from flowlang.resources import grammar_path
from flowlang.testing.rendering import result_lines
from flowlang.testing.run import run_source

TEXT = (grammar_path() / "spec.md").read_text(encoding="utf-8")
PART = re.search(r"^# Tests\n(.*?)(?=^# |\Z)", TEXT, re.MULTILINE | re.DOTALL)


def test_its_tests_pass() -> None:
    assert PART is not None
    (block,) = re.findall(r"^```flow\n(.*?)^```", PART[1], re.MULTILINE | re.DOTALL)
    results = run_source(Source("spec.md", block)).results
    assert len(results) == 4
    for each in results:
        assert each.passed, "\n".join(result_lines(each))
