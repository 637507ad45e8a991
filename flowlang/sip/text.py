"""Scanning of header text: tokens, quoted strings, parameters, comma lists (RFC 3261 §25.1).

Rules: input is unfolded (no CR or LF is left in it). Nothing here backtracks over more than one token, so
time is linear in the length. What RFC 3261 leaves to be liberal about is said where it is done; everything
else raises `SipSyntaxError`.
"""

from __future__ import annotations

import re

from flowlang.sip.errors import SipSyntaxError

TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"  # noqa: S105 - the RFC's word
QUOTED = r'"(?:[^"\\]|\\.)*+"'

_TOKEN = re.compile(TOKEN)
# A parameter's value: a token, a host (brackets and colons; RFC 5118 §4.5 wants a bare IPv6 `received` taken)
# or a quoted string. Wider than the grammar by the other characters that stand in no list, parameter or
# address syntax.
_PARAMETER = re.compile(
    rf'[ \t]*;[ \t]*({TOKEN})[ \t]*(?:=[ \t]*({QUOTED}|[^\s;,"<>=?]+)[ \t]*)?', re.DOTALL | re.ASCII
)
_QUOTED_OR_ANGLE = re.compile(rf"{QUOTED}|<[^<>]*+>|[^,\"<]++", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LINE_BREAK_OR_NUL = re.compile(r"[\r\n\0]")

Parameters = dict[str, str | None]
"""Name in lower case -> value as written (quotes kept), None where there is no `=`."""


def is_token(text: str) -> bool:
    """True if `text` is one token of RFC 3261."""
    return _TOKEN.fullmatch(text) is not None


def guard(text: str) -> str:
    """`text`, if it may stand in a header; ValueError if it could end the line or the string."""
    if _LINE_BREAK_OR_NUL.search(text):
        raise ValueError("a header must not contain CR, LF or NUL")
    return text


def quote(text: str) -> str:
    """`text` as a quoted string."""
    return '"' + guard(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str:
    """What a quoted string says; text without quotes as it is."""
    if len(text) >= 2 and text[0] == '"' and text[-1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text


def parse_parameters(text: str, start: int = 0) -> Parameters:
    """The `;name=value` list that fills `text` from `start` to its end; a name twice is an error."""
    parameters: Parameters = {}
    end = len(text)
    while start < end:
        match = _PARAMETER.match(text, start)
        if match is None:
            if not text[start:].strip():
                break
            raise SipSyntaxError("Malformed header parameters")
        name = match[1].lower()
        if name in parameters:
            raise SipSyntaxError("Repeated header parameter")
        parameters[name] = match[2]
        start = match.end()
    return parameters


def print_parameters(parameters: Parameters) -> str:
    """The text of a parameter list, from its first `;` on."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in parameters.items())


def split_list(text: str) -> list[str]:
    """The members of a comma list, trimmed; commas in quoted strings and in `<>` do not count.

    An empty member is an error, as in `a,,b`, except that an empty text is an empty list.
    """
    if "," not in text:
        text = text.strip(" \t")
        return [text] if text else []
    if '"' not in text and "<" not in text:
        members = [member.strip(" \t") for member in text.split(",")]
    else:
        members = _split_quoted(text)
    if not all(members):
        raise SipSyntaxError("Empty member in a header's list")
    return members


def _split_quoted(text: str) -> list[str]:
    members: list[str] = []
    start = position = 0
    while position < len(text):
        if text[position] == ",":
            members.append(text[start:position].strip(" \t"))
            position = start = position + 1
            continue
        match = _QUOTED_OR_ANGLE.match(text, position)
        if match is None:
            raise SipSyntaxError("Unterminated quoted string or address")
        position = match.end()
    members.append(text[start:].strip(" \t"))
    return members


def strip_comments(text: str) -> str:
    """`text` without its `(comments)`, which nest (RFC 3261 §25.1); quoted strings are left alone."""
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    quoted = escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"' and depth == 0:
            quoted = not quoted
        elif not quoted and character == "(":
            depth += 1
        elif not quoted and character == ")" and depth:
            depth -= 1
            continue
        if depth == 0:
            kept.append(character)
    return "".join(kept).strip(" \t")
