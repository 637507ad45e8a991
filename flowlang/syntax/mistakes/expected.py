"""Sets of terminals as a few words that a person would use."""

from __future__ import annotations

from collections.abc import Collection

from flowlang.syntax.lexer import vocabulary
from flowlang.syntax.tables import tables
from flowlang.syntax.tokens import Token

_MOST = 5  # more alternatives than these say nothing

_OPERATORS = frozenset(
    {
        "AND", "OR", "WRONG_AND", "WRONG_OR", "COMPARE", "IN", "NOT", "PLUS", "MINUS", "STAR", "SLASH",
        "WHOLE_DIVIDE", "PERCENT", "DOT", "OPTIONAL_DOT", "LSQB", "LPAR",
    }
)  # fmt: skip
_LITERALS = frozenset(
    {
        "NUMBER",
        "DURATION",
        "PHONE",
        "TEXT",
        "RAW_TEXT",
        "TEMPLATE_OPEN",
        "LONG_OPEN",
        "TRUE",
        "FALSE",
        "NONE",
        "REGEX",
    }
)
_VALUES = _LITERALS | {"NAME", "NOT", "WRONG_NOT", "MINUS", "LPAR", "LSQB", "MAP_OPEN", "START", "WAIT"}
_NEVER_NAMED = frozenset({"WRONG_AND", "WRONG_OR", "WRONG_NOT", "AUGMENTED_ASSIGN"})


def _all_keywords() -> frozenset[str]:
    return frozenset(vocabulary().keywords.values())


def describe(accepted: Collection[str], last: object) -> tuple[str, ...]:
    """The most telling of what could stand behind `last`, few enough to be read.

    Empty where they are too many.
    """
    left = set(accepted) - _NEVER_NAMED
    if "BLOCK_OPEN" in left or (isinstance(last, Token) and last.kind in _all_keywords()):
        left.discard("EQUAL")  # `=` in a condition, or a keyword assigned to: possible, not likely
    found: list[str] = []
    if {"FLOW", "ROUTE", "CONST"} <= left:
        return ("a declaration: `flow`, `func`, `route`, `const`, `use`, `policy` or `test`",)
    if {"LET", "RETURN"} <= left:
        found.append("a statement")
        left -= _all_keywords() | {"NAME"}
    elif {"EXPECT", "CARRIER"} <= left:
        found.append("a test statement")
        left -= _all_keywords() | {"NAME"}
    if "WILDCARD" in left:
        found.append("a pattern")
        left -= _VALUES | {"WILDCARD"}
    elif "NUMBER" in left:
        found.append("a value")
        left -= _VALUES
    elif "COMPARE" in left:
        left -= _OPERATORS
    if "NAME" in left:
        found.append("a name")
        left.discard("NAME")
    if "SEPARATOR" in left:
        left -= {"SEPARATOR", "$END"}
        ends = ["the end of the line"]
    elif "$END" in left:
        left.discard("$END")
        ends = ["the end of the script"]
    else:
        ends = []
    signs = sorted(filter(None, (_sign(kind) for kind in left)))
    found += signs + ends
    return tuple(found) if len(found) <= _MOST else ()


def _sign(kind: str) -> str | None:
    for terminal in tables().terminals:
        if terminal.name == kind:
            return f"`{terminal.text}`" if terminal.text else _NAMED.get(kind)
    return None


_NAMED = {"TEXT": "a text"}
