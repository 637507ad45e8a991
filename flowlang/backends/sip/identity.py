"""As whom we call: From, and what a trunk is told besides (RFC 3323, RFC 3325).

Nothing of the script or of a caller gets into a header but as a user part with its escapes, or as a display
name in quotes.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from flowlang.backends.border import Outgoing
from flowlang.model.addresses import number_of
from flowlang.sip import Address
from flowlang.sip.address import bracketed
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import NameAddr
from flowlang.sip.uri import Uri, parse_uri

from .harmless import printable
from .targets import Target

_NAMELESS = "flowlang"
_LONGEST_USER = 64
_USER_SAFE = "-_.!~*'()&=+$,"  # RFC 3261 §25.1 `unreserved` and `user-unreserved`, `;?/` left out
_HOST = re.compile(r"[A-Za-z0-9.\-]+\Z")


def identity(outgoing: Outgoing, target: Target, local: Address) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The From value, without its tag, and further headers."""
    shown = NameAddr(_uri_of(outgoing.source, target, local), _display(outgoing.name))
    if not outgoing.anonymous:
        return str(shown), ()
    privacy = [("Privacy", "id")]  # RFC 3325 §9.3
    if target.trusted:
        privacy.append(("P-Asserted-Identity", str(shown)))
    hidden = NameAddr(Uri("sip", "anonymous.invalid", user="anonymous"), "Anonymous")  # RFC 3323 §4.1.1.3
    return str(hidden), tuple(privacy)


def _uri_of(source: str | None, target: Target, local: Address) -> Uri:
    domain = target.domain or local.host
    port = None if target.domain else local.port
    if not source:
        return Uri("sip", domain, port, target.user or _NAMELESS)
    number = number_of(source)
    if number is not None:
        return Uri("sip", domain, port, number)
    scheme, colon, rest = source.partition(":")
    if not colon:
        return Uri("sip", domain, port, _user(scheme))
    try:
        uri = parse_uri(source)
    except SipSyntaxError:
        return Uri("sip", domain, port, _user(rest))
    if not uri.is_sip:
        return Uri("sip", domain, port, _user(rest))
    if target.trusted or not _HOST.match(bracketed(uri.host)):
        return Uri("sip", domain, port, uri.user or _NAMELESS)
    return Uri("sip", uri.host, uri.port, uri.user)


def _user(text: str) -> str:
    return quote(text[:_LONGEST_USER], safe=_USER_SAFE) or _NAMELESS


def _display(name: str | None) -> str | None:
    return printable(name) if name else None
