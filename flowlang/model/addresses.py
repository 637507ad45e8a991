"""Addresses: who is called, who calls, and what a route's `to` and `from` match.

An address is a text with a scheme (`tel:` `sip:` `sips:` `sms:` `mailto:` `chat:`) or an E.164 number. Where
two are compared a number in a SIP user part is that number: `sip:+14155550100@gw.example` matches
`+14155550100`.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

_MAX_URL = 8_000
"""RFC 9110 §4.1 recommends that as much be understood."""
SCHEMES = ("tel", "sip", "sips", "sms", "mailto", "chat")

_E164 = re.compile(r"\+[1-9][0-9]{4,14}\Z")  # ITU-T E.164: at most 15 digits
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?\Z")
_CHAT = re.compile(r"[!-~]{1,255}\Z")
_SENDER = re.compile(r"[0-9]{3,8}\Z|(?=[0-9 ]*[A-Za-z])[A-Za-z0-9 ]{1,11}\Z")  # 3GPP TS 23.040 §9.1.2.5
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


SCHEME_OF_CHANNEL = {"sms": "sms", "email": "mailto", "chat": "chat"}


def same_person(address: str) -> str:
    """The form by which addresses of people who write are compared: a mail address is one person's in
    capitals or not (RFC 5321 §2.4 would have the part before the @ kept; no mail provider tells by it)."""
    return address.casefold() if address[:7].casefold() == "mailto:" else address


def seen_as(ours: str | None, message: str) -> str:
    """What a message is known by that was here. Ids are their carrier's, and another carrier, of another
    address of ours, may give the same: an id counts for one address."""
    return f"{same_person(ours or '')} {message}"


def message_address(channel: str, address: str) -> str | None:
    """The address, with its scheme, of somebody who gets messages on `sms`, `email` or `chat`; also of one
    written without. `None` for what is no such address: nothing but one recipient comes through here."""
    scheme = SCHEME_OF_CHANNEL[channel]
    if channel == "sms":
        number = number_of(address)
        return f"sms:{number}" if number is not None and not address.startswith(("sip:", "sips:")) else None
    given, colon, rest = address.partition(":")
    bare = rest if colon and given == scheme else address
    if channel == "email":
        return f"mailto:{bare}" if _MAIL.match(bare) else None
    return f"chat:{rest}" if colon and given == scheme and _CHAT.match(rest) else None


def channel_of(address: str) -> str | None:
    """The channel on which messages reach an address, by its scheme; an E.164 number is an SMS's."""
    scheme, colon, _ = address.partition(":")
    if not colon:
        return "sms" if is_e164(address) else None
    return {"sms": "sms", "mailto": "email", "chat": "chat"}.get(scheme)


def sender_of(channel: str, address: str) -> str | None:
    """The same for who sends; an SMS may also come from a short code or a name of up to 11 characters."""
    short = address.removeprefix("sms:")
    if channel == "sms" and _SENDER.match(short):
        return f"sms:{short}"
    return message_address(channel, address)


def user_of(address: str) -> str:
    """The part of an address before `@`, without scheme and parameters; the whole of one that has no `@`."""
    rest = address.partition(":")[2] if address.partition(":")[0] in SCHEMES else address
    return rest.partition("@")[0].partition(";")[0]


def _without_parameters(address: str) -> str:
    return address.partition(";")[0].partition("?")[0]


def matches(pattern: str, address: str) -> bool:
    """Whether a route's pattern fits an address.

    A number fits that number however it is written, one with `*` and `?` all that read so. A text with a
    scheme is a glob (`*`, `?`) on the address without its parameters. Any other text (an extension such as
    `desk` or `100`) fits the user part.
    """
    if is_e164(pattern) or pattern.startswith(("tel:", "+")):
        number, wanted = number_of(address), number_of(pattern)
        glob = pattern.removeprefix("tel:").partition(";")[0]
        return number is not None and (number == wanted if wanted is not None else fnmatchcase(number, glob))
    if pattern.partition(":")[0] in SCHEMES:
        return fnmatchcase(_without_parameters(address).lower(), pattern.lower())
    return fnmatchcase(user_of(address), pattern)


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what one machine is (RFC 6454 §4)."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def fault_of_url(url: str) -> str | None:
    """Why a text is no address that a request may go to; `None` for one that is."""
    if len(url) > _MAX_URL:
        return f"it has more than {_MAX_URL} characters"
    if re.search(r"[^!-~]", url):
        return "spaces and what is no ASCII are encoded, as `query` does"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "its host cannot be read"
    if parts.scheme not in ("http", "https") or not host:
        return "it begins with `https://` or `http://` and a host"
    if "@" in parts.netloc:
        return "it carries no user and password; `headers` may"
    return None
