"""Values as a script writes them."""

from __future__ import annotations

import json
from typing import Any

from flowlang.model.plain import to_plain
from flowlang.model.values import Value


class NoTest(Exception):
    """A test cannot bring this run about; the message says why, in one line."""


def text(given: str) -> str:
    """A text."""
    return json.dumps(given, ensure_ascii=False).replace("${", "\\${")


def value(given: Value) -> str:
    """A value. Raises `NoTest` for one that has no literal."""
    return literal(json.loads(json.dumps(to_plain(given), ensure_ascii=False)))


def json_or_text(given: str) -> str:
    """JSON as a value of the language; another text as a text."""
    try:
        plain = json.loads(given)
    except (ValueError, RecursionError):
        return text(given)
    return literal(plain)


def duration(microseconds: int) -> str:
    """A length of time; a literal has no fractions of a millisecond."""
    if microseconds % 1000:
        raise NoTest("it was given a length of time that a test cannot write")
    return f"{microseconds // 1000}ms"


def literal(plain: Any) -> str:
    """Plain data, as `to_plain` makes it. Raises `NoTest`."""
    match plain:
        case None:
            return "none"
        case list():
            return "[" + ", ".join(map(literal, plain)) + "]"  # pyright: ignore[reportUnknownArgumentType]
        case {"$duration": int(microseconds)} if microseconds >= 0:
            return duration(microseconds)
        case {"$decimal": str(digits)} if digits.lstrip("-").replace(".", "", 1).isdecimal():
            return digits
        case dict() if any(str(name).startswith("$") for name in plain):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            raise NoTest("it was given a value that a test cannot write")
        case dict():
            items = (f"{text(name)}: {literal(each)}" for name, each in plain.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            return "{" + ", ".join(items) + "}"
        case str():
            return text(plain)
        case _:
            return json.dumps(plain)
