"""Documents are tests: every Python and flow block in README.md, CONTRIBUTING.md and docs/ works as it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flowlang.diagnostics import Source
from flowlang.syntax.format import format_source

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    "README.md", "CONTRIBUTING.md", "docs/embedding.md", "docs/settings.md", "docs/backends.md",
    "docs/operating.md",
)  # fmt: skip
FENCE = re.compile(r"^```(python|flow)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w/-]+\.(?:py|lark|txt|xml|flow|toml))`")
LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


@dataclass(frozen=True)
class Block:
    """One fenced block: where it stands, in which language, what it says."""

    document: str
    line: int
    language: str
    text: str


def blocks() -> Iterator[Block]:
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            yield Block(document, text.count("\n", 0, match.start()) + 2, match[1], match[2])


def name(block: Block) -> str:
    return f"{block.document}:{block.line}"


@pytest.mark.parametrize("block", list(blocks()), ids=name)
def test_a_block_works_as_it_stands(block: Block, tmp_path: Path) -> None:
    script = tmp_path / ("block.py" if block.language == "python" else "block.flow")
    script.write_text("\n" * (block.line - 1) + block.text, encoding="utf-8")
    flow = Path(sys.executable).with_name("flow")
    command = [sys.executable, script] if block.language == "python" else [flow, "check", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{name(block)}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("block", [each for each in blocks() if each.language == "flow"], ids=name)
def test_a_flow_block_is_in_its_canonical_form(block: Block) -> None:
    assert format_source(Source(name(block), block.text)).text == block.text


def test_a_terminal_in_the_readme_shows_what_one_sees() -> None:
    (shown,) = re.findall(
        r"^```console\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    command, _, lines = shown.partition("\n")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command.removeprefix("$ ")], cwd=ROOT, env={**os.environ, "PATH": path},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == (lines, 0), done.stderr


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_link_leads_to_a_file_that_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    missing = [
        target
        for target in LINK.findall(text)
        if not ((ROOT / document).parent / target.partition("#")[0]).exists()
    ]
    assert not missing


def test_a_file_that_contributing_names_is_there() -> None:
    files = [
        f"/{each.relative_to(ROOT).as_posix()}"
        for folder in ("flowlang", "tests", "tools", "examples", "grammar")
        for each in (ROOT / folder).rglob("*.*")
    ]
    named = set(NAMED.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    shapes = {each for each in named if re.search(r"\b[A-Z]{4}\b|^(?:flow|pyproject)\.toml$", each)}
    missing = [each for each in named - shapes if not any(file.endswith(f"/{each}") for file in files)]
    assert not missing


def test_the_two_commands_stand_first_in_the_readme() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    code = [line.split("#")[0].strip() for line in lines if line.startswith("    ")]
    assert code[:2] == ["make demo", "make test"]
