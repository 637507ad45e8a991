"""What the built-in functions of `flowlang.model.functions` do. All are pure; `now`, `elapsed` and `random`
are the core's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from flowlang.model.values import SECOND, Duration, Outcome, Time, Value, type_name

from . import sizes
from .calendar import holiday, instant, local
from .comparisons import check_order
from .decimals import DECIMALS
from .faults import Fault
from .numbering import phone
from .operators import add
from .patterns import matches
from .texts import text_of

_INTEGER = re.compile(r"[-+]?[0-9]++")
_NUMBER = re.compile(r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")
_MAX_DIGITS = 40  # of a number that is read from text: more than 28 digits and any exponent in use


def _expect(what: str, value: Any, *kinds: type) -> Any:
    if type(value) in kinds:
        return value
    raise Fault("type", f"`{what}` does not take {type_name(value)}")


def length(of: Any) -> int:
    """How many characters, items or entries."""
    return len(_expect("length", of, str, tuple, dict))


def number(text: Any) -> int | Decimal | None:
    """The number that a text spells, or none. Raises `Fault` for one that is too large, however it is
    spelt: nothing is worked out of its digits."""
    digits = _expect("number", text, str).strip()
    if _NUMBER.fullmatch(digits) is None:
        return None
    if len(digits) > _MAX_DIGITS:
        raise Fault("overflow", f"a number is spelt with at most {_MAX_DIGITS} characters")
    if _INTEGER.fullmatch(digits):
        return sizes.integer(int(digits))
    return DECIMALS.create_decimal(digits)


def upper(text: Any) -> str:
    """In capitals; may be longer, as some letters become two."""
    return sizes.text(_expect("upper", text, str).upper())


def lower(text: Any) -> str:
    """In small letters."""
    return sizes.text(_expect("lower", text, str).lower())


def trim(text: Any) -> str:
    """Without white space at both ends."""
    return _expect("trim", text, str).strip()


def split(text: Any, separator: Any) -> tuple[Value, ...]:
    """The pieces between the separators."""
    whole, between = _expect("split", text, str), _expect("split", separator, str)
    if not between:
        raise Fault("value", "the separator of `split` is not empty")
    sizes.check_items(whole.count(between) + 1)
    return tuple(whole.split(between))


def joined(items: Any, separator: Any = "") -> str:
    """The texts of a list, with the separator between them."""
    texts = [text_of(each) for each in _expect("joined", items, tuple)]
    between = _expect("joined", separator, str)
    _check_length(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def _check_length(characters: int) -> None:
    if characters > sizes.MAX_TEXT:
        raise Fault("too_large", f"a text has at most {sizes.MAX_TEXT:,} characters")


def replace(text: Any, old: Any, new: Any) -> str:
    """With every `old` replaced."""
    whole, before, after = (_expect("replace", each, str) for each in (text, old, new))
    if not before:
        raise Fault("value", "what `replace` looks for is not empty")
    _check_length(len(whole) + whole.count(before) * (len(after) - len(before)))
    return whole.replace(before, after)


def starts_with(text: Any, start: Any) -> bool:
    """Whether it starts so."""
    return _expect("starts_with", text, str).startswith(_expect("starts_with", start, str))


def ends_with(text: Any, end: Any) -> bool:
    """Whether it ends so."""
    return _expect("ends_with", text, str).endswith(_expect("ends_with", end, str))


def slice_(of: Any, start: Any, end: Any = None) -> Any:
    """Part of a text or list."""
    whole = _expect("slice", of, str, tuple)
    first = _expect("slice", start, int)
    return whole[first:] if end is None else whole[first : _expect("slice", end, int)]


def keys(of: Any) -> tuple[Value, ...]:
    """The keys of a map."""
    return tuple(_expect("keys", of, dict))


def values(of: Any) -> tuple[Value, ...]:
    """The values of a map."""
    return tuple(_expect("values", of, dict).values())


def has(of: Any, key: Any) -> bool:
    """Whether a map has a key, or an outcome a field."""
    holder = _expect("has", of, dict, Outcome)
    name = _expect("has", key, str)
    return name in (holder.fields if isinstance(holder, Outcome) else holder)


def range_(start: Any, end: Any = None) -> tuple[Value, ...]:
    """Integers, the end left out."""
    first = _expect("range", start, int)
    numbers = range(first) if end is None else range(first, _expect("range", end, int))
    sizes.check_items(max(0, numbers.stop - numbers.start))
    return tuple(numbers)


def _check_comparable(what: str, items: tuple[Any, ...]) -> None:
    for each in items:
        _expect(what, each, int, Decimal, str, Duration, Time)
    _check_length(sum(len(each) for each in items if type(each) is str))  # what comparing may go through
    for one, other in pairwise(items):
        check_order("<", one, other)


def sorted_(items: Any) -> tuple[Value, ...]:
    """In rising order."""
    given = _expect("sorted", items, tuple)
    _check_comparable("sorted", given)
    return tuple(sorted(given))


def reversed_(items: Any) -> tuple[Value, ...]:
    """From the last to the first."""
    return _expect("reversed", items, tuple)[::-1]


def sum_(items: Any) -> Any:
    """All added up; 0 for none."""
    total: Any = 0
    for each in _expect("sum", items, tuple):
        total = add(total, _expect("sum", each, int, Decimal))
    return total


def _extreme(what: str, items: Any, choose: Callable[[Any], Any]) -> Any:
    given = _expect(what, items, tuple)
    if not given:
        raise Fault("value", f"`{what}` of an empty list")
    _check_comparable(what, given)
    return choose(given)


def min_(items: Any) -> Any:
    """The smallest."""
    return _extreme("min", items, min)


def max_(items: Any) -> Any:
    """The largest."""
    return _extreme("max", items, max)


def abs_(number: Any) -> Any:
    """Without its sign."""
    value = abs(_expect("abs", number, int, Decimal))
    return sizes.integer(value) if type(value) is int else value


def round_(number: Any, places: Any = None) -> Any:
    """Half to even; an integer without `places`."""
    value = _expect("round", number, int, Decimal)
    if places is None:
        return sizes.integer(int(Decimal(value).to_integral_value(ROUND_HALF_EVEN)))
    if not 0 <= _expect("round", places, int) <= 28:
        raise Fault("value", "`round` takes 0 to 28 places")
    try:
        return DECIMALS.quantize(Decimal(value), Decimal(1).scaleb(-places))
    except InvalidOperation:
        raise Fault("overflow", "a decimal has at most 28 digits") from None


def seconds(duration: Any) -> Decimal:
    """A duration in seconds."""
    return DECIMALS.divide(Decimal(_expect("seconds", duration, Duration).microseconds), Decimal(SECOND))


BUILT_INS: Mapping[str, Callable[..., Any]] = {
    "length": length, "text": text_of, "number": number, "upper": upper, "lower": lower, "trim": trim,
    "split": split, "joined": joined, "replace": replace, "starts_with": starts_with, "ends_with": ends_with,
    "matches": matches, "slice": slice_, "keys": keys, "values": values, "has": has, "range": range_,
    "sorted": sorted_, "reversed": reversed_, "sum": sum_, "min": min_, "max": max_, "abs": abs_,
    "round": round_, "seconds": seconds, "local": local, "instant": instant, "holiday": holiday,
    "phone": phone,
}  # fmt: skip
