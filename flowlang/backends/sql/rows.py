"""Values between scripts and data bases."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from flowlang.model.values import Time, Value

MOST_ROWS = 1_000
MOST_TEXT = 1_000_000
"""Characters of all texts of an answer."""
_LARGEST = 2**63
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


class SqlError(Exception):
    """A statement could not be carried out. `code` is the fault's, the message one line."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def rows_of(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[Value, ...]:
    """Rows as maps. Raises `SqlError` for what a script cannot hold."""
    found: list[Value] = []
    left = MOST_TEXT
    for row in rows:
        if len(found) == MOST_ROWS:
            raise SqlError("too_large", f"the answer has more than {MOST_ROWS} rows; add a `limit`")
        values = [_value(each) for each in row]
        left -= sum(len(each) for each in values if isinstance(each, str))
        if left < 0:
            raise SqlError("too_large", f"the answer has more than {MOST_TEXT} characters")
        found.append(dict(zip(names, values, strict=True)))
    return tuple(found)


def _value(given: Any) -> Value:
    match given:
        case None | bool() | Decimal():
            return given
        case str():
            return given.encode("utf-8", "replace").decode()
        case int():
            return given if -_LARGEST <= given < _LARGEST else Decimal(given)
        case float():
            return Decimal(repr(given))
        case datetime.datetime() if given.tzinfo is not None:
            return Time((given - _EPOCH) // _MICROSECOND)
        case datetime.datetime() | datetime.date() | datetime.time():
            return given.isoformat()
        case _:
            raise SqlError("type", f"a script has no value for what a column has: {type(given).__name__}")


def one_line(error: BaseException) -> str:
    """What a data base says, as one line."""
    text = " ".join(str(error).split())
    return "".join(each if each.isprintable() else "?" for each in text)[:300] or type(error).__name__
