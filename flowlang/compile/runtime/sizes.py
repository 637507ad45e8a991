"""How large a value may grow; checked before anything is allocated."""

from __future__ import annotations

from typing import NoReturn

from flowlang.model.values import MAX_INTEGER, MIN_INTEGER

from .faults import Fault

MAX_TEXT = 1_000_000
"""Characters in a text."""
MAX_ITEMS = 100_000
"""Items in a list, entries in a map."""
MAX_DEPTH = 200
"""Flows and functions within each other: with two Python frames each, well within Python's own limit of
1,000."""


def integer(value: int) -> int:
    """The same integer, if it has 64 bits."""
    if MIN_INTEGER <= value <= MAX_INTEGER:
        return value
    raise Fault("overflow", "an integer has at most 64 bits")


def overflow() -> NoReturn:
    """An integer has more than 64 bits."""
    raise Fault("overflow", "an integer has at most 64 bits")


def too_long() -> NoReturn:
    """A text is too long."""
    raise Fault("too_large", f"a text has at most {MAX_TEXT:,} characters")


def text(value: str) -> str:
    """The same text, if it is not too long."""
    if len(value) <= MAX_TEXT:
        return value
    raise Fault("too_large", f"a text has at most {MAX_TEXT:,} characters")


def check_items(count: int) -> None:
    """A list or map may have so many."""
    if count > MAX_ITEMS:
        raise Fault("too_large", f"a list or map has at most {MAX_ITEMS:,} entries")
