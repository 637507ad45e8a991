"""Where the entries of a TOML text stand."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.project.positions import positions

TEXT = """\
# first
title = "a # b"   # behind

[actions."odd name"]
parameters.number = { type = "text", 'by_place' = true }
lines = \"\"\"
two "lines" \\"\"\"  \"\"\"\"
outcomes = { found = [
    "day",  # one
    'time'
], unknown = [] }

[[trunks]]
host = 'a.example'
[[trunks.numbers]]
first = +1_000
[[trunks]]
[trunks.tls]
since = 1979-05-27T07:32:00Z
"""


def entries(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """All below a table, with their paths."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in below:
        yield (*path, key), each
        yield from entries(each, (*path, key))


def of(text: str, path: tuple[str | int, ...]) -> tuple[str, str]:
    key, value = positions(text)[path]
    return text[key.start : key.end], text[value.start : value.end]


def test_every_entry_that_toml_reads_has_a_place() -> None:
    assert {path for path, _ in entries(tomllib.loads(TEXT))} == set(positions(TEXT))


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("title",), "title", '"a # b"'),
        (("actions", "odd name"), '"odd name"', '[actions."odd name"]'),
        (("actions", "odd name", "parameters", "number", "by_place"), "'by_place'", "true"),
        (("actions", "odd name", "outcomes", "found", 1), "'time'", "'time'"),
        (("trunks", 0, "host"), "host", "'a.example'"),
        (("trunks", 0, "numbers", 0, "first"), "first", "+1_000"),
        (("trunks", 1, "tls", "since"), "since", "1979-05-27T07:32:00Z"),
    ],
)
def test_key_and_value_are_found(path: tuple[str | int, ...], key: str, value: str) -> None:
    assert of(TEXT, path) == (key, value)


@given(st.text(st.characters(codec="utf-8"), max_size=20).map(lambda text: f"a = '''{text}'''\n[b]\nc = 1\n"))
def test_texts_of_any_kind_end_where_toml_ends_them(text: str) -> None:
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert {path for path, _ in entries(read)} == set(positions(text))
