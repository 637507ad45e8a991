"""Every `flow` block of the reference on syntax is a right script, or wrong with the code that it names."""

from __future__ import annotations

import re

import pytest

from flowlang.resources import grammar_path
from tests.syntax.outline import codes

SPEC = (grammar_path() / "spec.md").read_text(encoding="utf-8").partition("\n# Meaning\n")[0]
BLOCKS = [
    pytest.param(found["code"], found["text"], id=f"line {SPEC.count(chr(10), 0, found.start()) + 1}")
    for found in re.finditer(
        r"^```flow(?: (?P<code>E\d+))?\n(?P<text>.*?)^```$", SPEC, re.MULTILINE | re.DOTALL
    )
]


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 10


@pytest.mark.parametrize(("code", "text"), BLOCKS)
def test_a_block_of_the_reference_reads_as_it_says(code: str | None, text: str) -> None:
    assert set(codes(text)) == ({code} if code else set())
