"""Entries of a journal, from their rows. What a recovery reads is mostly these: those of one activeflow are
decoded as one text, at a third of the price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec

from flowlang.core.journal import Entry

from .coding import DAMAGED
from .database import Row

_SEALED = b'"$sealed"'
_decode = msgspec.json.Decoder(list[Annotated[list[Any], msgspec.Meta(min_length=1)]]).decode


def entries_of(rows: Sequence[Row], readable: Callable[[Any], list[Any] | None]) -> list[Entry]:
    """The entries of these rows, which end with an input as it is kept and the hash of what it gave. Where
    something is damaged or sealed each is read by itself, by `readable`: what that gives nothing for is
    damaged."""
    given = [row[-2] for row in rows]
    together = _together(given)
    if len(together) != len(rows):
        together = [readable(each) or [DAMAGED] for each in given]
    return [Entry(plain, row[-1]) for plain, row in zip(together, rows, strict=True)]


def _together(given: list[Any]) -> list[list[Any]]:
    try:
        text = b"[%b]" % b",".join(given)
        return _decode(text) if _SEALED not in text else []
    except (TypeError, msgspec.DecodeError):
        return []
