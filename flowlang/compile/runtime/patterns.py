"""Patterns of `match`, `on` and `wait for`; regular expressions, which RE2 runs in time linear to the
text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2  # pyright: ignore[reportMissingTypeStubs]

from flowlang.model.values import Outcome, Regex, type_name

from .comparisons import equal
from .faults import Fault
from .operators import is_number
from .prices import PRICES
from .steps import Meter, spend

_CHARACTERS_A_STEP = 2  # RE2 takes some 50 ns for one
_MEMORY = 1 << 20  # bytes for one compiled regex: RE2 refuses what would need more


@lru_cache(maxsize=512)
def _compiled(regex: Regex) -> Any:
    options: Any = re2.Options()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    options.max_mem = _MEMORY
    options.log_errors = False
    options.case_sensitive = "i" not in regex.flags
    options.dot_nl = "s" in regex.flags
    pattern = f"(?m){regex.pattern}" if "m" in regex.flags else regex.pattern
    try:
        return re2.compile(pattern, options)  # pyright: ignore[reportUnknownMemberType]
    except re2.error as error:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        raise Fault("regex", f"this regex cannot be used: {error}") from None


def found(regex: Regex, text: str) -> bool:
    """Whether the regex is found anywhere in the text."""
    return _compiled(regex).search(text) is not None


def place_of(regex: Regex, text: str, start: int = 0) -> tuple[int, int] | None:
    """Where the regex is first found from `start` on."""
    match = _compiled(regex).search(text, start)
    return (match.start(), match.end()) if match is not None else None


def matches(text: Any, regex: Any) -> bool:
    """Whether the regex is found in it."""
    for each, kind in ((text, str), (regex, Regex)):
        if type(each) is not kind:
            raise Fault("type", f"`matches` does not take {type_name(each)}")
    return found(regex, text)


def matches_whole(regex: Regex, text: str) -> bool:
    """Whether the whole text is what the regex says."""
    return _compiled(regex).fullmatch(text) is not None


def _subject(value: Any) -> Any:
    """What literals and regexes look at: the value, or the text of an outcome or event that has one."""
    if type(value) is Outcome:
        return value.fields.get("text", value) if value.name != "no_match" else value
    return value


def is_outcome(value: Any, name: str) -> bool:
    """The pattern of a bare word."""
    return type(value) is Outcome and value.name == name


def is_literal(meter: Meter, value: Any, literal: Any) -> bool:
    """The pattern of a literal."""
    return equal(meter, _subject(value), literal)


def is_short(value: Any, literal: Any) -> bool:
    """The pattern of a literal that is no long text: nobody pays for it, so that it needs no meter."""
    subject = _subject(value)
    if type(subject) is type(literal):
        return subject == literal
    return is_number(subject) and is_number(literal) and subject == literal


def is_match(meter: Meter, value: Any, regex: Regex) -> bool:
    """The pattern of a regex."""
    subject = _subject(value)
    return type(subject) is str and searched(meter, subject, regex)


def searched(meter: Meter, text: Any, regex: Any) -> bool:
    """The built-in `matches`; pays for the text that it goes through."""
    if type(text) is str:
        spend(meter, PRICES["matches"] + len(text) // _CHARACTERS_A_STEP)
    return matches(text, regex)
