"""How many short messages a text makes is said as it is cut for the carrier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.backends.smpp.text import MOST_PARTS, parts_of
from flowlang.model.gsm import PART_UCS2, message_count

_TEXT = st.text(st.sampled_from("aé€{\n😀я"), max_size=MOST_PARTS * PART_UCS2 // 4)


@given(_TEXT)
def test_a_text_makes_as_many_as_it_is_cut_into(text: str) -> None:
    assert message_count(text) == len(parts_of(text, 0))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 1), ("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("я" * 70, 1), ("я" * 71, 2)],
)
def test_a_text_of_that_length_makes(text: str, count: int) -> None:
    assert message_count(text) == count
