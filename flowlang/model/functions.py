"""The built-in functions: a small closed set, in one table. `flowlang.compile.runtime` holds what they do; a
test holds both sides equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """`parameters` by name, the last `optional` of which may be missing; not `pure` where the input or chance
    decides."""

    name: str
    parameters: tuple[str, ...]
    doc: str
    optional: int = 0
    pure: bool = True


_ALL = (
    Function("length", ("of",), "How many characters, items or entries."),
    Function("text", ("value",), "The value as text, as `${}` would write it."),
    Function("number", ("text",), "The integer or decimal that a text spells; `none` if it spells none."),
    Function("upper", ("text",), "In capitals."),
    Function("lower", ("text",), "In small letters."),
    Function("trim", ("text",), "Without white space at both ends."),
    Function("split", ("text", "separator"), "The pieces between the separators."),
    Function("joined", ("list", "separator"), "The items as `${}` writes them, joined by it.", optional=1),
    Function("replace", ("text", "old", "new"), "With every `old` replaced."),
    Function("starts_with", ("text", "start"), "Whether it starts so."),
    Function("ends_with", ("text", "end"), "Whether it ends so."),
    Function("matches", ("text", "regex"), "Whether the regex is found in it."),
    Function("slice", ("of", "from", "to"), "The part from the index `from` up to before `to`.", optional=1),
    Function("keys", ("map",), "The keys of a map, as a list."),
    Function("values", ("map",), "The values of a map, as a list."),
    Function("has", ("map", "key"), "Whether a map has a key, or an outcome a field."),
    Function("range", ("from", "to"), "The integers from `from`, or 0, up to before `to`.", optional=1),
    Function("sorted", ("list",), "In rising order; all numbers, all texts, all durations or all times."),
    Function("reversed", ("list",), "From the last to the first."),
    Function("sum", ("list",), "All numbers added up."),
    Function("min", ("list",), "The smallest."),
    Function("max", ("list",), "The largest."),
    Function("abs", ("number",), "Without its sign."),
    Function("round", ("number", "places"), "To so many places, half to even; else an integer.", optional=1),
    Function("seconds", ("duration",), "A duration in seconds, as a decimal."),
    Function("local", ("time", "zone"),
             "What calendar and clock show: a map with `year`, `month`, `day`, `weekday` (`mon` to `sun`), "
             "`hour`, `minute`, `second` and `date` (`2026-12-25`)."),
    Function("instant", ("text", "zone"),
             "The time at which clocks show `2026-12-25 10:00`; seconds may follow. Of two the first; in an "
             "hour that clocks leave out, as long after its beginning as it says."),
    Function("holiday", ("date", "country", "subdivision"),
             "The name of the public holiday that a date such as `2026-12-25` is, of the years 1900 to 2100; "
             "`none` if it is none.",
             optional=1),
    Function("phone", ("text", "region"),
             "The E.164 form of a telephone number as people write it; `none` if it cannot be one. Without a "
             "region such as `US` only numbers with `+`.", optional=1),
    Function("now", (), "The time of the input being handled.", pure=False),
    Function("elapsed", (), "How long the activeflow has been running.", pure=False),
    Function("random", ("from", "to"), "A chance integer, ends included; without ends a decimal below 1.",
             optional=2, pure=False),
)  # fmt: skip

FUNCTIONS: Mapping[str, Function] = {each.name: each for each in _ALL}

# What a script can name without declaring it, with the fields it has there. Some are there on some channels
# only, see `PREDEFINED_ON`.
PREDEFINED: Mapping[str, tuple[str, ...]] = {
    "call": ("id", "to", "from", "data"),
    "caller": ("number", "address", "name", "verified"),
    "message": ("text", "subject", "id"),
    "webhook": ("data", "text", "headers"),
    "flow": ("id", "channel"),
}

PREDEFINED_ON: Mapping[str, frozenset[str]] = {
    "call": frozenset({"call"}),
    "message": frozenset({"sms", "email", "chat"}),
    "webhook": frozenset({"webhook"}),
}
