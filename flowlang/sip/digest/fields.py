"""Challenges and credentials as header values: `Digest name=value, name="value"` (RFC 7616 §3.3, §3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.text import QUOTED, TOKEN, quote, split_list, unquote

MAX_LENGTH = 2_048
"""Of one value: longer ones are nobody's credentials."""

_SCHEME = re.compile(rf"({TOKEN})[ \t]+(.*)", re.DOTALL | re.ASCII)
_FIELD = re.compile(rf"({TOKEN})[ \t]*=[ \t]*({QUOTED}|{TOKEN})", re.DOTALL | re.ASCII)
# §3.3 and §3.4 say which stand in quotes and which do not.
_BARE = frozenset({"algorithm", "stale", "nc", "qop"})


def read_fields(text: str) -> dict[str, str]:
    """The fields of a Digest value, names in lower case, quotes undone; empty for another scheme.

    SipSyntaxError for what is no list of fields or has one twice: two readers could differ.
    """
    match = _SCHEME.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise SipSyntaxError("Malformed credentials")
    if match[1].lower() != "digest":
        return {}
    fields: dict[str, str] = {}
    for member in split_list(match[2]):
        field = _FIELD.fullmatch(member)
        if field is None or field[1].lower() in fields:
            raise SipSyntaxError("Malformed credentials")
        fields[field[1].lower()] = unquote(field[2])
    return fields


def realm_of(text: str) -> str | None:
    """The realm of a Digest value."""
    return read_fields(text).get("realm")


def print_fields(fields: Iterable[tuple[str, str]], *, challenge: bool = False) -> str:
    """A Digest value; ValueError if one of them could leave its line. In a challenge `qop` is quoted."""
    return "Digest " + ", ".join(
        f"{name}={value}" if name in _BARE and not (challenge and name == "qop") else f"{name}={quote(value)}"
        for name, value in fields
    )
