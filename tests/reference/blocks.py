"""The `flow` blocks of the reference, from *Meaning* on: whole scripts that are checked and whose tests run.

Behind the mark may stand the code of the one thing that the checker says, or a file's name: such a block is a
module that the blocks below it may use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flowlang.resources import grammar_path

PAGE = (grammar_path() / "spec.md").read_text(encoding="utf-8")
FENCE = re.compile(
    r"^```flow(?: (?P<code>[EW]\d+)| (?P<file>\w+\.flow))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """One of them; `line` is where its text begins on the page."""

    line: int
    code: str | None
    file: str | None
    text: str

    @property
    def has_tests(self) -> bool:
        return re.search(r"^test ", self.text, re.MULTILINE) is not None


def meant() -> list[Block]:
    """All that are more than syntax."""
    start = PAGE.index("\n# Meaning\n")
    return [
        Block(PAGE.count("\n", 0, found.start()) + 2, found["code"], found["file"], found["text"])
        for found in FENCE.finditer(PAGE, start)
    ]
