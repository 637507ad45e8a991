"""`LINES.md` names tests for each line of what a call can do; each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
NAMED = re.findall(r"(?:(\w+)/)?(test_\w+)(?!\.py)\b", (HERE / "LINES.md").read_text(encoding="utf-8"))


def names_in(folder: Path) -> set[str]:
    """The names of its tests."""
    texts = (each.read_text(encoding="utf-8") for each in folder.glob("test_*.py"))
    return {name for text in texts for name in re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE)}


def test_each_test_that_is_named_is_there() -> None:
    for folder, name in NAMED:
        if name != "test_lines":
            assert name in names_in(HERE.parent / folder if folder else HERE), name
