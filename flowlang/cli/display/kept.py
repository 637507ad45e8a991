"""What is kept of activeflows and calls, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from flowlang.model.secrets import MASK
from flowlang.model.values import SECOND

from .safe import printable
from .view import shown

_WIDEST = 40  # characters of a column


def moment(at: int | None) -> str:
    """A time in UTC to the second, `-` for none."""
    return "-" if at is None else f"{datetime.fromtimestamp(at / SECOND, UTC):%Y-%m-%d %H:%M:%S}"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], last: int = _WIDEST) -> list[str]:
    """Lines with columns as wide as what is in them; the last one, which pushes none aside, has up to `last`
    characters."""
    most = [*(_WIDEST for _ in head[1:]), last]
    cells = [
        list(head),
        *([printable(str(each), at) for each, at in zip(row, most, strict=True)] for row in rows),
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


def masked(plain: Any) -> Any:
    """Plain data with nothing of a secret in it."""
    match plain:
        case {"$secret": _}:
            return MASK
        case dict():
            return {name: masked(value) for name, value in plain.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case list():
            return [masked(each) for each in plain]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return plain


def variables(given: dict[str, Any]) -> str:
    """Names with their values, on one line."""
    return ", ".join(f"{name} = {shown(value)}" for name, value in given.items())
