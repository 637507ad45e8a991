"""What a call is called beyond the SIP room: addresses, names and ids from the network, made harmless.

Rules: nothing that cannot be printed goes on, nor anything longer than people write; escapes that hide plain
letters are undone, so that `%31%30%30` is no other extension than `100`; others stay.
"""

from __future__ import annotations

import re
from dataclasses import replace

from flowlang.model.addresses import is_e164, number_of
from flowlang.sip.address import bracketed
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import NameAddr
from flowlang.sip.uri import Uri, parse_uri

_LONGEST = 256
_PLAIN_USER = re.compile(r"[\w.!~*'()+#&=$,-]+", re.ASCII)


def printable(text: str, longest: int = _LONGEST) -> str:
    """The text cut to a length, with `?` for each character that is none to be seen."""
    text = text[:longest]
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def address_text(uri: Uri) -> str:
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


def uri_of(to: str, here: str) -> str:
    """An address that others are to call, as a URI: a number is `tel:`, an extension is ours, `here`."""
    if ":" in to:
        return to
    return f"tel:{to}" if is_e164(to) else f"sip:{to}@{here}"


def transfer_target(target: str) -> str | None:
    """Whom a peer wants called, as a script and its policy have it; `None` for nobody that can be."""
    try:
        uri = parse_uri(target)
    except SipSyntaxError:
        return None
    if uri.scheme == "tel":
        return number_of(target)
    if not uri.is_sip:
        return None
    kept = {name: value for name, value in uri.parameters.items() if name in ("transport", "user")}
    return printable(str(replace(uri, parameters=kept, password=None, headers=None)))
