"""Formatting changes no meaning, loses no comment, and is done after once; for any script."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlang.diagnostics import Source
from flowlang.syntax import parse
from flowlang.syntax.format import format_source, same_tree
from tests.format.holding import formatted
from tests.format.writing import reads, script

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    path
    for folder in ("examples", "stdlib", "tests")
    for path in (ROOT / folder).rglob("*.flow")
    if reads(path.read_text(encoding="utf-8"))
)
FENCE = re.compile(r"^```flow\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "grammar/spec.md"]
BLOCKS = [
    found.group(1)
    for name in DOCUMENTS
    for found in FENCE.finditer((ROOT / name).read_text(encoding="utf-8"))
]
OWN = [
    path for path in SCRIPTS if path.is_relative_to(ROOT / "examples") or path.is_relative_to(ROOT / "stdlib")
]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_of_the_project_keeps_its_meaning(path: Path) -> None:
    formatted(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_of_the_documents_keeps_its_meaning(text: str) -> None:
    formatted(text)


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_and_library_are_in_canonical_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text


@settings(max_examples=400)
@given(st.integers(0, 2**32))
def test_any_script_keeps_its_meaning(seed: int) -> None:
    text = script(Random(seed))
    if text is not None:
        formatted(text)


@settings(max_examples=300)
@given(st.text(alphabet="flow a{}()[]\"'#;\n=>,:.+-1s/ ", max_size=40))
def test_any_text_is_formatted_or_has_diagnostics(text: str) -> None:
    done = format_source(Source("any", text))
    assert (done.text is None) == bool(done.diagnostics)
    if done.text is not None:
        formatted(text)


@pytest.mark.parametrize(
    "text",
    [
        "const x = " + "[" * 199 + "]" * 199,
        "const x = " + "1 + (" * 198 + "1" + ")" * 198,
        "const x = " + "not " * 198 + "true",
        "const x = " + '"${' * 198 + "1" + '}"' * 198,
        "flow x {" + "on a {" * 95 + "}" * 95 + "}",
        "flow x { if a {}" + " else if a {}" * 190 + "}",
        "flow x {" + "match x { a => " * 64 + "stop" + "}" * 64 + "}",
    ],
    ids=["lists", "sums", "nots", "templates", "handlers", "else if", "arms"],
)
def test_what_is_as_deep_as_may_be_is_formatted(text: str) -> None:
    formatted(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("const x = 1", "const x = 1.0"),
        ("const x = 1", "## doc\nconst x = 1"),
        ("const x = a.b", "const x = a?.b"),
        ("flow x { a }", "flow x { a; a }"),
        ("flow x { say 1 }", "flow x { say a: 1 }"),
    ],
)
def test_trees_that_differ_are_not_the_same(one: str, other: str) -> None:
    left, right = parse(Source("a", one)).module, parse(Source("b", other)).module
    assert left is not None
    assert right is not None
    assert same_tree(left, left)
    assert not same_tree(left, right)
