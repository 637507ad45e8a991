"""What hashes of commands are made of: in every version the bytes that the standard library writes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flowlang.model.plain import canonical

TEXTS = some.text(max_size=8) | some.text(some.characters(max_codepoint=0x80), max_size=8)
PLAIN = some.recursive(
    some.none() | some.booleans() | some.integers() | TEXTS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def spelled(plain: Any) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


@given(PLAIN)
def test_it_is_what_the_standard_library_writes(plain: Any) -> None:
    assert canonical(plain) == spelled(plain)


@pytest.mark.parametrize("text", [chr(each) for each in range(0x100)] + ["\ud800", "a\u2028", "\U0001f31e"])
def test_each_character_is(text: str) -> None:
    assert canonical({text: [text, 2**64, -(2**63), 1.5]}) == spelled({text: [text, 2**64, -(2**63), 1.5]})


class Named(str):
    """As the places of lines are: text with more to it."""


def test_text_that_is_more_is_text() -> None:
    assert canonical([Named("x")]) == b'["x"]'
