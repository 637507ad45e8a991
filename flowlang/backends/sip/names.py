"""What a call is called beyond the SIP room: addresses, names and ids from the network, made harmless.

Rules: nothing that cannot be printed goes on, nor anything longer than people write; escapes that hide plain
letters are undone, so that `%31%30%30` is no other extension than `100`; others stay.
"""

from __future__ import annotations

import re

from flowlang.sip.address import bracketed
from flowlang.sip.headers import NameAddr
from flowlang.sip.uri import Uri

_LONGEST = 256
_PLAIN_USER = re.compile(r"[\w.!~*'()+#&=$,-]+", re.ASCII)


def printable(text: str, longest: int = _LONGEST) -> str:
    """The text cut to a length, with `?` for each character that is none to be seen."""
    text = text[:longest]
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def address_of(uri: Uri) -> str:
    """A URI as an address: `sip:user@host`, without port and parameters."""
    if not uri.is_sip:
        return printable(str(uri))
    host = bracketed(uri.host)
    if uri.user is None:
        return printable(f"{uri.scheme}:{host}")
    user = uri.user_text if _PLAIN_USER.fullmatch(uri.user_text) else uri.user
    return printable(f"{uri.scheme}:{user}@{host}")


def display_name(from_: NameAddr) -> str | None:
    """What the caller calls himself, `None` where he says nothing."""
    name = (from_.display or "").strip()
    return printable(name) or None
