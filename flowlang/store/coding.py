"""Plain data as the text that the tables hold: JSON.

`msgspec` takes a tenth of the time that the standard library takes, of which an input would otherwise have a
good part. What it refuses, text with one half of a surrogate pair, the standard library writes with escapes.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

DAMAGED = "damaged"
"""Stands in what is read for what cannot be: alone in an entry, as a field of an opening or a command."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def encode(plain: Any) -> str:
    """The text of it."""
    try:
        return _encode(plain).decode()
    except UnicodeEncodeError:
        return json.dumps(plain, separators=(",", ":"))


def decode(text: str) -> Any:
    """What `encode` was given. Raises `ValueError` where that never wrote it."""
    try:
        return _decode(text)
    except msgspec.DecodeError:  # what the standard library wrote, or nobody
        return json.loads(text)
