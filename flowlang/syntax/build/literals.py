"""Builders of literals, lists and maps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flowlang.diagnostics import Span
from flowlang.syntax import ast
from flowlang.syntax.tokens import Token

from .building import Building, listed, whole
from .escapes import dedented, unescaped
from .regexes import regex_parts

_UNITS = {
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}  # microseconds
_MAX_INTEGER = 2**63 - 1
_MAX_TEXT = 1 << 14  # characters of one text
_MAX_DIGITS = 28  # of a decimal


def number(b: Building, c: list[Any]) -> ast.Expression:
    token = c[0]
    return ast.Number(token.span, _number(b, token))


def _number(b: Building, token: Any) -> int | Decimal:
    written: str = token.text
    if "." in written:
        if len(written) - 1 > _MAX_DIGITS:
            b.report("E115", token.span, f"the number has more than {_MAX_DIGITS} digits")
            return Decimal(0)
        return Decimal(written)
    value = int(written) if len(written) <= 19 else _MAX_INTEGER + 2
    if value == _MAX_INTEGER + 1:  # fits with a minus, which comes to be known later
        b.wants_minus.add(token.span)
    elif value > _MAX_INTEGER:
        too_large(b, token.span)
        return 0
    return value


def too_large(b: Building, span: Span) -> None:
    """Says that an integer is."""
    b.report("E115", span, "the number does not fit into 64 bits", hint=f"the largest is {_MAX_INTEGER}")


def duration(b: Building, c: list[Any]) -> ast.Expression:
    return ast.DurationLiteral(c[0].span, _duration(b, c[0]))


def _duration(b: Building, token: Any) -> int:
    written: str = token.text
    count = written[: len(written) - len(written.lstrip("0123456789."))]
    unit = written[len(count) :]
    if unit not in _UNITS:
        b.report(
            "E114", token.span, f"`{unit}` is not a unit of time",
            expected=("`ms`", "`s`", "`m`", "`h`", "`d`"),
        )  # fmt: skip
        return 0
    if "." in count:
        b.report(
            "E114", token.span, "a duration is a whole number and a unit", hint="write `1500ms` for `1.5s`"
        )
        return 0
    microseconds = int(count) * _UNITS[unit] if len(count) <= 19 else _MAX_INTEGER + 1
    if microseconds > _MAX_INTEGER:
        b.report("E115", token.span, "the duration does not fit into 64 bits of microseconds")
        return 0
    return microseconds


def phone(b: Building, c: list[Any]) -> ast.Expression:
    token = c[0]
    digits = token.text[1:]
    if not digits.isdigit():
        bare = "+" + "".join(each for each in digits if each.isdigit())
        b.report(
            "E113", token.span,
            "a phone number is written in E.164 form, without spaces, dots, brackets or hyphens",
            hint=f"write `{bare}`",
        )  # fmt: skip
    elif (
        digits.startswith("0") or not 2 <= len(digits) <= 15
    ):  # E.164, 6.2.1: at most 15, country codes begin 1 to 9
        b.report(
            "E113", token.span, "this is no E.164 number",
            expected=("`+`, a country code that does not begin with 0, at most 15 digits in all",),
        )  # fmt: skip
    return ast.PhoneNumber(token.span, token.text)


def regex(b: Building, c: list[Any]) -> ast.Expression:
    pattern, flags = regex_parts(b, c[0])
    return ast.Regex(c[0].span, pattern, flags)


def boolean(_: Building, c: list[Any]) -> ast.Expression:
    return ast.Boolean(c[0].span, c[0].kind == "TRUE")


def none(_: Building, c: list[Any]) -> ast.Expression:
    return ast.NoneLiteral(c[0].span)


def text_value(b: Building, token: Any) -> str:
    """What a text in one piece says."""
    _check_length(b, token.span)
    if token.kind == "RAW_TEXT":
        return token.text[1:-1]
    return unescaped(b, token.text[1:-1], token.span[0] + 1)


def _check_length(b: Building, span: Span) -> None:
    if span[1] - span[0] > _MAX_TEXT:
        b.report(
            "E107",
            span,
            f"the text is longer than {_MAX_TEXT:,} characters",
            hint="split it, or read it from a file",
        )


def text(b: Building, c: list[Any]) -> ast.Expression:
    return ast.Text(c[0].span, text_value(b, c[0]))


def hole(_: Building, c: list[Any]) -> Any:
    return c[1]


def template(b: Building, c: list[Any]) -> ast.Expression:
    parts: list[Any] = c[1] if len(c) == 3 else []
    _check_length(b, whole(c))
    return _template(whole(c), [_piece(b, each) if isinstance(each, Token) else each for each in parts])


def _piece(b: Building, token: Any) -> str:
    return unescaped(b, token.text, token.span[0])


def long_template(b: Building, c: list[Any]) -> ast.Expression:
    parts: list[Any] = c[1] if len(c) == 3 else []
    _check_length(b, whole(c))
    return _template(whole(c), dedented(b, parts))


def _template(span: Span, parts: list[Any]) -> ast.Expression:
    filled = tuple(each for each in parts if each != "")
    if all(isinstance(each, str) for each in filled):
        return ast.Text(span, "".join(filled))
    return ast.Template(span, filled)


def list_(_: Building, c: list[Any]) -> ast.Expression:
    return ast.ListLiteral(whole(c), c[1] or ())


def spread(_: Building, c: list[Any]) -> ast.Spread:
    return ast.Spread(whole(c), c[1])


def map_(b: Building, c: list[Any]) -> ast.Expression:
    entries = c[1] or ()
    seen: set[str] = set()
    for each in entries:
        if isinstance(each, ast.Entry):
            if each.key in seen:
                b.report("E120", each.span, f"the key `{each.key}` stands twice in this map")
            seen.add(each.key)
    return ast.MapLiteral(whole(c), entries)


def entry(b: Building, c: list[Any]) -> ast.Entry:
    key, _colon, value = c
    written = key.text if key.kind == "NAME" else text_value(b, key)
    return ast.Entry(Span(key.span[0], value.span[1]), written, value)


BUILDERS = {
    "number": number,
    "duration": duration,
    "phone": phone,
    "regex": regex,
    "boolean": boolean,
    "none": none,
    "text": text,
    "hole": hole,
    "template": template,
    "long_template": long_template,
    "list": list_,
    "items": listed,
    "spread": spread,
    "map": map_,
    "entries": listed,
    "entry": entry,
}
