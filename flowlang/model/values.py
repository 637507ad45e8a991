"""The values of the language. All are immutable; only names are assigned.

none, booleans, 64-bit integers, decimals, text, lists and maps are Python's `None`, `bool`, `int`, `Decimal`,
`str`, `tuple` and `dict` (a map is never changed once it is made); the rest stand here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Duration(Struct, frozen=True, order=True):
    """A length of time in whole microseconds; may be negative, as the difference of two times."""

    microseconds: int

    @property
    def seconds(self) -> float:
        """The same in seconds, for what waits in Python."""
        return self.microseconds / SECOND

    def __str__(self) -> str:
        """The literal of the language where there is one (`2m`, `250ms`), else seconds to a thousandth."""
        for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")):
            if self.microseconds and self.microseconds % unit == 0:
                return f"{self.microseconds // unit}{name}"
        if self.microseconds % MILLISECOND == 0 and abs(self.microseconds) < SECOND:
            return f"{self.microseconds // MILLISECOND}ms" if self.microseconds else "0s"
        return f"{self.microseconds / SECOND:.3f}".rstrip("0").rstrip(".") + "s"


class Time(Struct, frozen=True, order=True):
    """An instant, in microseconds since 1970-01-01 UTC."""

    microseconds: int

    def as_datetime(self) -> datetime:
        """The same for Python, in UTC."""
        return _EPOCH + timedelta(microseconds=self.microseconds)

    def __str__(self) -> str:
        return self.as_datetime().isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC")


class Regex(Struct, frozen=True):
    """A regular expression as written; RE2 compiles it where it is used."""

    pattern: str
    flags: str = ""

    def __str__(self) -> str:
        return f"/{self.pattern}/{self.flags}"


def _no_fields() -> dict[str, Value]:
    return {}


class Outcome(Struct, frozen=True):
    """A name with fields: how an action ended, an event that a script holds, a fault that it caught."""

    name: str
    fields: dict[str, Value] = field(default_factory=_no_fields)

    def __str__(self) -> str:
        """Its text where it has one (what somebody typed or wrote, what a fault says), else its name."""
        text = self.fields.get("text")
        return text if isinstance(text, str) else self.name

    def __hash__(self) -> int:
        return hash(self.name)


Value = (
    None
    | bool
    | int
    | Decimal
    | str
    | Duration
    | Time
    | Regex
    | Outcome
    | tuple["Value", ...]
    | dict[str, "Value"]
)


def type_name(value: Any) -> str:
    """What a script's author calls the type of a value."""
    match value:
        case None:
            return "none"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case Decimal():
            return "a decimal"
        case str():
            return "a text"
        case Duration():
            return "a duration"
        case Time():
            return "a time"
        case Regex():
            return "a regex"
        case Outcome():
            return "an outcome"
        case tuple():
            return "a list"
        case dict():
            return "a map"
        case _:
            return "something that is no value"
