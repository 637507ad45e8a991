"""Addresses: who is called, who calls, and what a route's `to` and `from` match.

An address is a text with a scheme (`tel:` `sip:` `sips:` `sms:` `mailto:` `chat:`) or an E.164 number. Where
two are compared a number in a SIP user part is that number: `sip:+14155550100@gw.example` matches
`+14155550100`.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

SCHEMES = ("tel", "sip", "sips", "sms", "mailto", "chat")

_E164 = re.compile(r"\+[1-9][0-9]{4,14}\Z")  # ITU-T E.164: at most 15 digits
_LOOSE_NUMBER = re.compile(r"\+?[0-9().-]+\Z")


def is_e164(text: str) -> bool:
    """Whether a text is an E.164 number with its plus."""
    return _E164.match(text) is not None


def number_of(address: str) -> str | None:
    """The E.164 number that an address stands for: a number, `tel:`, `sms:`, or the user part of a SIP URI;
    else `None`."""
    scheme, colon, rest = address.partition(":")
    if not colon:
        candidate = address
    elif scheme in ("tel", "sms"):
        candidate = rest.partition(";")[0]
    elif scheme in ("sip", "sips"):
        candidate = rest.partition("@")[0].partition(";")[0] if "@" in rest else ""
    else:
        return None
    if not _LOOSE_NUMBER.match(candidate):
        return None
    digits = re.sub(r"[().-]", "", candidate)
    return digits if is_e164(digits) else None


def user_of(address: str) -> str:
    """The part of an address before `@`, without scheme and parameters; the whole of one that has no `@`."""
    rest = address.partition(":")[2] if address.partition(":")[0] in SCHEMES else address
    return rest.partition("@")[0].partition(";")[0]


def _without_parameters(address: str) -> str:
    return address.partition(";")[0].partition("?")[0]


def matches(pattern: str, address: str) -> bool:
    """Whether a route's pattern fits an address.

    A number fits that number however it is written. A text with a scheme is a glob (`*`, `?`) on the address
    without its parameters. Any other text (an extension such as `desk` or `100`) fits the user part.
    """
    if is_e164(pattern) or pattern.startswith("tel:"):
        wanted = number_of(pattern)
        return wanted is not None and wanted == number_of(address)
    if pattern.partition(":")[0] in SCHEMES:
        return fnmatchcase(_without_parameters(address).lower(), pattern.lower())
    return fnmatchcase(user_of(address), pattern)
