"""SIP URIs (RFC 3261 §19.1), and other schemes as opaque text.

Bytes are kept as they came: `%`-escapes are undone for comparison only, never for routing or echo (RFC 4475
§3.1.1.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from flowlang.sip.address import Address, bracketed
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.text import Parameters, print_parameters

HOST = r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9\-._]*[A-Za-z0-9.])?)"
"""A name, an IPv4 address or an IPv6 reference. Underscores and the three colons of the RFC's own ABNF bug
pass (RFC 5118 §4.10)."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+\-.]*):")
_ESCAPE = "%[0-9A-Fa-f]{2}"
_SIP = re.compile(
    rf"(?:((?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|{_ESCAPE})+)(?::((?:[A-Za-z0-9\-_.!~*'()&=+$,]|{_ESCAPE})*))?@)?"
    rf"({HOST})(?::(\d{{1,5}}))?(;[^?]*)?(?:\?(.*))?",
    re.ASCII,
)
_PARAMETER = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|{_ESCAPE})+", re.ASCII)
_HEADERS = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/?:+$&=]|{_ESCAPE})*", re.ASCII)
_OPAQUE = re.compile(r"[!-~\x80-\U0010ffff]*")


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI. For `sip` and `sips` all fields count; of another scheme `opaque` is all behind the colon."""

    scheme: str
    host: str = ""
    port: int | None = None
    user: str | None = None
    password: str | None = None
    parameters: Parameters = field(default_factory=dict[str, "str | None"])
    headers: str | None = None
    opaque: str = ""

    @property
    def is_sip(self) -> bool:
        """True for `sip:` and `sips:`."""
        return self.scheme in ("sip", "sips")

    @property
    def transport(self) -> str:
        """The transport that the URI asks for, in lower case."""
        return (self.parameters.get("transport") or ("tls" if self.scheme == "sips" else "udp")).lower()

    @property
    def user_text(self) -> str:
        """The user part with its escapes undone: for comparison and display, never to be parsed again."""
        return unquote_to_bytes(self.user or "").decode("utf-8", "replace")

    def __str__(self) -> str:
        if not self.is_sip:
            return f"{self.scheme}:{self.opaque}"
        userinfo = ""
        if self.user is not None:
            userinfo = f"{self.user}@" if self.password is None else f"{self.user}:{self.password}@"
        port = "" if self.port is None else f":{self.port}"
        headers = "" if self.headers is None else f"?{self.headers}"
        parameters = print_parameters(self.parameters)
        return f"{self.scheme}:{userinfo}{bracketed(self.host)}{port}{parameters}{headers}"


def contact_uri(local: Address, user: str | None = None, *, secure: bool = False) -> Uri:
    """The URI under which a peer reaches `local` (RFC 3261 §8.1.1.8); `sips` in a call that is `secure`, for
    which TLS goes without saying (RFC 5630 §3.1.3)."""
    if secure and local.transport == "tls":
        return Uri("sips", local.host, local.port, user)
    parameters: Parameters = {} if local.transport == "udp" else {"transport": local.transport}
    return Uri("sip", local.host, local.port, user, parameters=parameters)


def parse_uri(text: str) -> Uri:
    """The URI that `text` is; SipSyntaxError if it is none. A `sip:` URI's host has no brackets left."""
    return _parse_known(text) if len(text) <= MEMO_LENGTH else _parse(text)


def _parse(text: str) -> Uri:
    match = _SCHEME.match(text)
    if match is None:
        raise SipSyntaxError("Malformed URI")
    scheme = match[1].lower()
    rest = text[match.end() :]
    if scheme not in ("sip", "sips"):
        if not _OPAQUE.fullmatch(rest):
            raise SipSyntaxError("Malformed URI")
        return Uri(scheme, opaque=rest)
    parts = _SIP.fullmatch(rest)
    if parts is None:
        raise SipSyntaxError("Malformed SIP URI")
    user, password, host, port, parameters, headers = parts.groups()
    if port is not None and int(port) > 65535:
        raise SipSyntaxError("Port out of range in a URI")
    if headers is not None and not _HEADERS.fullmatch(headers):
        raise SipSyntaxError("Malformed headers in a URI")
    return Uri(
        scheme,
        host.strip("[]"),
        None if port is None else int(port),
        user,
        password,
        _uri_parameters(parameters) if parameters else {},
        headers,
    )


# A call names the same few URIs in each of its messages; long ones are not kept, so that nobody fills memory
# with them.
MEMO_LENGTH = 128
_parse_known = lru_cache(maxsize=512)(_parse)


def _uri_parameters(text: str) -> Parameters:
    parameters: Parameters = {}
    for part in text[1:].split(";"):
        name, equals, value = part.partition("=")
        if not _PARAMETER.fullmatch(name) or (equals and not _PARAMETER.fullmatch(value)):
            raise SipSyntaxError("Malformed URI parameter")
        if name.lower() in parameters:
            raise SipSyntaxError("Repeated URI parameter")
        parameters[name.lower()] = value if equals else None
    return parameters


def same_uri(one: Uri, other: Uri) -> bool:
    """Equality of RFC 3261 §19.1.4, without the headers component, which no Request-URI may have."""
    if one.scheme != other.scheme or not one.is_sip:
        return one == other
    if unquote_to_bytes(one.user or "") != unquote_to_bytes(other.user or "") or one.port != other.port:
        return False
    if (one.password or "") != (other.password or "") or one.host.lower() != other.host.lower():
        return False
    for name in ("user", "ttl", "method", "maddr", "transport"):
        if (name in one.parameters) != (name in other.parameters):
            return False
    shared = one.parameters.keys() & other.parameters.keys()
    return all((one.parameters[n] or "").lower() == (other.parameters[n] or "").lower() for n in shared)
