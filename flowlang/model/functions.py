"""The built-in functions: a small closed set, in one table, with all that is known of each before anything
runs. What they do stands in `flowlang.compile.runtime`, what they cost there in `prices`; a test holds all
sides equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .action import TypeName

Result = Literal["boolean", "integer", "decimal", "text", "duration", "time", "list", "map"]


@dataclass(frozen=True, slots=True)
class Param:
    """`types` are those that an argument may have; what can be `any` is looked at when it runs. Those that
    are `optional` come last."""

    name: str
    types: tuple[TypeName, ...] = ("any",)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """`result` is the type of what it gives, whatever it is called with, and `least` the least integer;
    `None` where that is not sure. Not `pure` where the input or chance decides: it asks the activeflow."""

    name: str
    parameters: tuple[Param, ...]
    result: Result | None
    doc: str
    least: int | None = None
    pure: bool = True


def _text(name: str, optional: bool = False) -> Param:
    return Param(name, ("text",), optional)


def _integer(name: str, optional: bool = False) -> Param:
    return Param(name, ("integer",), optional)


_TEXT = _text("text")
_LIST = Param("list", ("list",))
_MAP = Param("map", ("map",))
_NUMBER = Param("number", ("number",))

_ALL = (
    Function("length", (Param("of", ("text", "list", "map")),), "integer",
             "How many characters, items or entries.", least=0),
    Function("text", (Param("value"),), "text", "The value as text, as `${}` would write it."),
    Function("number", (_TEXT,), None,
             "The integer or decimal that a text spells; `none` if it spells none."),
    Function("upper", (_TEXT,), "text", "In capitals."),
    Function("lower", (_TEXT,), "text", "In small letters."),
    Function("trim", (_TEXT,), "text", "Without white space at both ends."),
    Function("split", (_TEXT, _text("separator")), "list", "The pieces between the separators."),
    Function("joined", (_LIST, _text("separator", optional=True)), "text",
             "The items as `${}` writes them, joined by it."),
    Function("replace", (_TEXT, _text("old"), _text("new")), "text", "With every `old` replaced."),
    Function("starts_with", (_TEXT, _text("start")), "boolean", "Whether it starts so."),
    Function("ends_with", (_TEXT, _text("end")), "boolean", "Whether it ends so."),
    Function("matches", (_TEXT, Param("regex", ("regex",))), "boolean", "Whether the regex is found in it."),
    Function("slice", (Param("of", ("text", "list")), _integer("from"), _integer("to", optional=True)), None,
             "The part from the index `from` up to before `to`."),
    Function("keys", (_MAP,), "list", "The keys of a map, as a list."),
    Function("values", (_MAP,), "list", "The values of a map, as a list."),
    Function("has", (Param("map"), _text("key")), "boolean",
             "Whether a map has a key, or an outcome a field."),
    Function("range", (_integer("from"), _integer("to", optional=True)), "list",
             "The integers from `from`, or 0, up to before `to`."),
    Function("sorted", (_LIST,), "list",
             "In rising order; all numbers, all texts, all durations or all times."),
    Function("reversed", (_LIST,), "list", "From the last to the first."),
    Function("sum", (_LIST,), None, "All numbers added up."),
    Function("min", (_LIST,), None, "The smallest."),
    Function("max", (_LIST,), None, "The largest."),
    Function("abs", (_NUMBER,), None, "Without its sign."),
    Function("round", (_NUMBER, _integer("places", optional=True)), None,
             "To so many places, half to even; else an integer."),
    Function("seconds", (Param("duration", ("duration",)),), "decimal",
             "A duration in seconds, as a decimal."),
    Function("local", (Param("time"), _text("zone")), "map",
             "What calendar and clock show: a map with `year`, `month`, `day`, `weekday` (`mon` to `sun`), "
             "`hour`, `minute`, `second` and `date` (`2026-12-25`)."),
    Function("instant", (_TEXT, _text("zone")), "time",
             "The time at which clocks show `2026-12-25 10:00`; seconds may follow. Of two the first; in an "
             "hour that clocks leave out, as long after its beginning as it says."),
    Function("holiday", (_text("date"), _text("country"), _text("subdivision", optional=True)), None,
             "The name of the public holiday that a date such as `2026-12-25` is, of the years 1900 to 2100; "
             "`none` if it is none."),
    Function("phone", (_TEXT, _text("region", optional=True)), None,
             "The E.164 form of a telephone number as people write it; `none` if it cannot be one. Without a "
             "region such as `US` only numbers with `+`."),
    Function("now", (), "time", "The time of the input being handled.", pure=False),
    Function("elapsed", (), "duration", "How long the activeflow has been running.", pure=False),
    Function("random", (_integer("from", optional=True), _integer("to", optional=True)), None,
             "A chance integer, ends included; without ends a decimal below 1.", pure=False),
)  # fmt: skip

FUNCTIONS: Mapping[str, Function] = {each.name: each for each in _ALL}

# What a script can name without declaring it, with the fields it has there. Some are there on some channels
# only, see `PREDEFINED_ON`.
PREDEFINED: Mapping[str, tuple[str, ...]] = {
    "call": ("id", "to", "from", "data", "diverted_from"),
    "caller": ("number", "address", "name", "verified", "anonymous"),
    "message": ("text", "subject", "id", "reply_to"),
    "webhook": ("data", "text", "headers"),
    "flow": ("id", "channel"),
}

PREDEFINED_ON: Mapping[str, frozenset[str]] = {
    "call": frozenset({"call"}),
    "message": frozenset({"sms", "email", "chat"}),
    "webhook": frozenset({"webhook"}),
}
