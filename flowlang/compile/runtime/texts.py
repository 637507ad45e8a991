"""Values as text: what `${}` writes."""

from __future__ import annotations

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# A script's value may be anything: `type(value) is dict` tells, and what it holds is again anything.
import re
from decimal import Decimal
from typing import Any

from flowlang.model.values import Value

from .faults import Fault
from .prices import PRICES
from .sizes import MAX_TEXT
from .steps import Meter, spend
from .weights import MAX_NESTING, MAX_WEIGHT, WRITTEN_A_STEP

_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ESCAPES = str.maketrans(
    {chr(code): f"\\u{{{code:X}}}" for code in range(32)}
    | {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)


def text_of(value: Value) -> str:
    """The value as `${}` writes it. A list or map is written as its literal, within the limit of a text."""
    kind = type(value)
    if kind is str:
        return value  # pyright: ignore[reportReturnType]
    if kind is int:
        return str(value)
    if kind is Decimal:
        return _decimal(value)  # pyright: ignore[reportArgumentType]
    if kind is not tuple and kind is not dict:
        return _of_one(value)
    pieces: list[str] = []
    if not _written(value, pieces):
        raise Fault("too_large", f"a text has at most {MAX_TEXT:,} characters, of {MAX_WEIGHT:,} values")
    return "".join(pieces)


def written(meter: Meter, value: Value) -> str:
    """The same, where it is neither a text nor an integer; pays for what it goes through."""
    spend(meter, PRICES["text"])
    text = text_of(value)
    if type(value) is tuple or type(value) is dict:
        spend(meter, len(text) // WRITTEN_A_STEP)
    return text


def filled(*parts: Value) -> str:
    """A template: all parts as text, one after the other."""
    texts = [part if type(part) is str else text_of(part) for part in parts]
    if sum(map(len, texts)) > MAX_TEXT:
        raise Fault("too_large", f"a text has at most {MAX_TEXT:,} characters")
    return "".join(texts)


def shown(value: Value) -> str:
    """The value as a literal of the language, cut short where it would be too long to read."""
    pieces: list[str] = []
    if not _written(value, pieces):
        pieces.append("…")
    return "".join(pieces)


def _written(value: Value, pieces: list[str]) -> bool:
    """Writes it, and tells whether that was all: a small value that refers to one list many times may be huge
    as text."""
    entries, characters = MAX_WEIGHT, MAX_TEXT
    todo: list[tuple[bool, Any, int]] = [(False, value, 0)]
    while todo:
        is_piece, each, depth = todo.pop()
        if is_piece:
            piece = each
        elif type(each) is tuple or type(each) is dict:
            if depth >= MAX_NESTING or len(each) > entries:
                return False
            piece = _begun(each, todo, depth + 1)
        else:
            entries -= 1
            piece = _literal(each) if depth and isinstance(each, str) else _of_one(each)
        entries -= depth > 0 and not is_piece
        characters -= len(piece)
        if entries < 0 or characters < 0:
            return False
        pieces.append(piece)
    return True


def _begun(value: Any, todo: list[tuple[bool, Any, int]], depth: int) -> str:
    """The opening bracket of a list or map; the rest is to do, its end first."""
    is_list = type(value) is tuple
    todo.append((True, "]" if is_list else "}", depth))
    if is_list:
        entries = [("", each) for each in value]
    else:
        entries = [
            (f"{key if _WORD.fullmatch(key) else _literal(key)}: ", each) for key, each in value.items()
        ]
    for number in range(len(entries) - 1, -1, -1):
        name, each = entries[number]
        todo.append((False, each, depth))
        if number or name:
            todo.append((True, f", {name}" if number else name, depth))
    return "[" if is_list else "{"


def _literal(text: str) -> str:
    """A text between quotes, as a script would have to write it."""
    return f'"{text.translate(_ESCAPES)}"'.replace("${", "\\${")


def _of_one(value: Value) -> str:
    """A value that holds no others."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _decimal(value) if isinstance(value, Decimal) else str(value)


def _decimal(value: Decimal) -> str:
    return f"{value:f}" if -40 < value.adjusted() < 40 else str(value)
