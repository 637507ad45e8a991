"""What the store writes comes back as it was, whatever text is in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flowlang.store.coding import decode, encode

TEXT = some.text(some.characters(codec=None, exclude_categories=()), max_size=20)  # halves of surrogates too
PLAIN = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(PLAIN)
def test_what_is_encoded_comes_back(plain: Any) -> None:
    assert decode(encode(plain)) == plain


@pytest.mark.parametrize("text", ["", "{", '["a"', "nothing", "[1] 2"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="column"):  # where in it: what `json` says
        decode(text)
