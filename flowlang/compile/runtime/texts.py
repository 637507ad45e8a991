"""Values as text: what `${}` writes."""

from __future__ import annotations

from decimal import Decimal

from flowlang.model.values import Value

from .faults import Fault
from .sizes import MAX_TEXT, text
from .weights import MAX_NESTING


def text_of(value: Value) -> str:
    """The value as `${}` writes it. A list or map is written as its literal, within the limit of a text."""
    kind = type(value)
    if kind is str:
        return value  # pyright: ignore[reportReturnType]
    if kind is int:
        return str(value)
    if kind is Decimal:
        return _decimal(value)  # pyright: ignore[reportArgumentType]
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, tuple, dict, Decimal)):
        return text(shown(value))
    return str(value)


def filled(*parts: Value) -> str:
    """A template: all parts as text, one after the other."""
    texts = [part if type(part) is str else text_of(part) for part in parts]
    if sum(map(len, texts)) > MAX_TEXT:
        raise Fault("too_large", f"a text has at most {MAX_TEXT:,} characters")
    return "".join(texts)


def shown(value: Value) -> str:
    """The value as a literal of the language, cut short where it would be too long to read."""
    pieces: list[str] = []
    _write(value, pieces, [MAX_TEXT])
    return "".join(pieces)


def _write(value: Value, pieces: list[str], left: list[int], depth: int = 0) -> None:
    """Writes until `left` characters are used up: a small value that refers to one list many times may be
    huge as text."""
    if left[0] <= 0 or depth > MAX_NESTING:
        pieces.append("…")
        left[0] -= 1
        return
    match value:
        case None:
            piece = "none"
        case bool():
            piece = "true" if value else "false"
        case Decimal():
            piece = _decimal(value)
        case tuple():
            _write_items([(None, each) for each in value], "[]", pieces, left, depth)
            return
        case dict():
            _write_items(list(value.items()), "{}", pieces, left, depth)
            return
        case _:
            piece = str(value)
    pieces.append(piece)
    left[0] -= len(piece) + 2


def _decimal(value: Decimal) -> str:
    return f"{value:f}" if -40 < value.adjusted() < 40 else str(value)


def _write_items(
    items: list[tuple[str | None, Value]], brackets: str, pieces: list[str], left: list[int], depth: int
) -> None:
    pieces.append(brackets[0])
    left[0] -= 2
    for number, (key, value) in enumerate(items):
        if left[0] <= 0:
            pieces.append("…")
            break
        if number:
            pieces.append(", ")
        if key is not None:
            pieces.append(f"{key}: ")
            left[0] -= len(key)
        if isinstance(value, str):
            pieces.append(f'"{value}"')
            left[0] -= len(value) + 4
        else:
            _write(value, pieces, left, depth + 1)
    pieces.append(brackets[1])
