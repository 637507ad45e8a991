"""Destinations: whom a script reaches out to, taken apart so that a policy's pattern can be held against it.

A pattern has `*` for any characters, and no other sign. It is split at the same places as the destination,
and each part is matched by itself: the `*` of `sip:*@clinic.example` never swallows a host, that of
`https://*.example/*` never a path. What cannot be taken apart beyond doubt is no destination, and no pattern
fits it. Matching takes time in proportion to the text: there is no backtracking.

`sip:` and `sips:` are two schemes, for who allows one may count on its encryption, or on its port. A `*`
before the `@` stands for somebody: the host itself, as in `sip:clinic.example`, has to be allowed so.

A user part that a gateway might dial is a number, whatever marks there are in it, and is covered by a pattern
whose user part begins as numbers do alone: `sip:*@office.example` covers the phones of the office and no
`sip:+5352345678@office.example`, which a trunk would take. So it is for a premium number of five or six
digits (`118118`), and for a name with as many digits as a number has, which may be named besides: some
gateways dial what is between its letters, or the letters too (A to D are keys). Extensions of up to four
digits are taken for what they are: four of five of them are a premium number in some country.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from .addresses import is_e164
from .header_names import why_no_header

Kind = Literal["dial", "header", "sms", "email", "chat", "http", "sql"]
KINDS: tuple[Kind, ...] = ("dial", "header", "sms", "email", "chat", "http", "sql")

MAX_LENGTH = 2_048
"""Characters of a destination or a pattern: what a URL may have in practice (RFC 9110 §4.1 asks for 8,000 at
the least of protocol elements; no address that people use comes near)."""

_DIALLED = re.compile(r"[0-9+*#().\-]+\Z")
_USER = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,/#]*\Z")  # RFC 3261 §25.1, `;` and `?` and passwords left out
_LABEL = r"[a-z0-9*](?:[a-z0-9*\-]*[a-z0-9*])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?\Z")
_EXTENSION = re.compile(r"[A-Za-z0-9_.*#\-]+\Z")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$&'*+/=?^_`{|}~\-]+\Z")  # RFC 5322 §3.2.3 `dot-atom-text`, `%` left out
_SAFE_PARAMETERS = frozenset({"transport", "user"})  # `maddr`, for one, would send the call elsewhere
_LONGEST_EXTENSION = 6
_SHORTEST_NUMBER = 7  # digits: what numbering plans have within a town
_SHORTEST_PREMIUM = 5
_EMERGENCY = frozenset({"000", "08", "110", "112", "118", "119", "911", "999"})  # 3GPP TS 22.101 §10.1.1
_OUTSIDE_LINES = ("0", "9")  # what a PBX may want before a number
_SERVICE_CODES = (re.compile(r"[*#]+[0-9]{2}"), re.compile(r"[*#]+[0-9]{3}"))  # ETSI EN 300 738 §4, NANP
_LIKE_NUMBER = re.compile(r"[^A-Za-z0-9+]*(?:\+|[0-9]{3})|[^A-Za-z]*[0-9][^A-Za-z]*\Z")
_OF_NUMBERS = re.compile(r"[+0-9]")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]\Z")  # RFC 3986 §2.3


@dataclass(frozen=True, slots=True)
class Destination:
    """`parts` are matched one by one; `number` is the E.164 number that is called or written to, if it is
    one, `emergency` that it rings an emergency service somewhere on earth, where it may be an extension as
    well. `dialled` tells that it is a SIP address whose user part somebody outside might dial: either of
    these, a short premium number, or a name with the digits of a number."""

    text: str
    parts: tuple[str, ...]
    number: str | None = None
    emergency: bool = False
    dialled: bool = False


def fits(pattern: str, text: str) -> bool:
    """Whether a pattern with `*` fits the whole text. Each piece is looked for once, from left to right."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    last = rest.pop()
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for piece in rest:
        found = text.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def covers(kind: Kind, pattern: str, destination: Destination) -> bool:
    """Whether a pattern for a kind covers a destination of that kind."""
    if pattern == "*":
        return True
    try:
        parts = _parts(kind, pattern)
    except ValueError:
        return False
    if kind == "dial" and "@" in pattern and destination.parts[1:2] == ("",):
        return False
    if destination.dialled and not _is_of_numbers(parts, destination):
        return False
    if kind == "http" and "?" not in pattern:  # then any query will do
        parts = (*parts[:3], "*")
    return len(parts) == len(destination.parts) and all(map(fits, parts, destination.parts))


def _is_of_numbers(parts: tuple[str, ...], destination: Destination) -> bool:
    """Whether a pattern is one for numbers, or names the very name that a destination is."""
    if len(parts) != 3:
        return False
    same = parts[1] == destination.parts[1] and not _DIALLED.match(parts[1])
    return same or _OF_NUMBERS.match(parts[1]) is not None


def destination_of(kind: Kind, text: str) -> Destination:
    """A destination in its one form: scheme and host in small letters, a number in E.164 form also where it
    is the user part of a SIP address. Raises `ValueError`, with why, for what is none beyond doubt."""
    if kind in ("email", "header", "sql") and "*" in text:
        raise ValueError("it has a `*`")
    parts = _parts(kind, text)
    if kind in ("dial", "http") and len(parts) > 1 and "*" in parts[2 if kind == "dial" else 1]:
        raise ValueError("its host has a `*`")
    if kind not in ("dial", "sms"):
        return Destination(text, parts)
    of_sip = len(parts) > 1
    user = parts[1 if of_sip else 0]
    if of_sip and _LIKE_NUMBER.match(user) and not _DIALLED.match(user):  # `911,` is 911 to some gateways
        raise ValueError("its user part begins as a number does and is none")
    number, emergency = _number(user)
    if number is None and kind == "sms":
        raise ValueError("a text message goes to an E.164 number, such as +14155550100")
    dialled = emergency or number is not None or _has_a_number(user) or _is_premium_somewhere(user)
    return Destination(text, parts, number, emergency, of_sip and dialled)


def may_be_dialled(user: str) -> bool:
    """Whether some gateway might take the user part of a SIP address for a number, though it is none that is
    written as numbers are; or for one with parameters, as `;phone-context=` behind it (RFC 3261 §19.1.6)."""
    return ";" in user or "?" in user or _LIKE_NUMBER.match(user) is not None or _has_a_number(user)


def _has_a_number(user: str) -> bool:
    return sum(each.isdigit() for each in user) >= _SHORTEST_NUMBER


def why_no_pattern(kind: Kind, pattern: str) -> str | None:
    """Why no destination is ever covered by a pattern; `None` for one that is right."""
    if pattern == "*":
        return None
    try:
        _parts(kind, pattern)
    except ValueError as error:
        return str(error)
    return None


def _parts(kind: Kind, text: str) -> tuple[str, ...]:
    if not text or len(text) > MAX_LENGTH:
        raise ValueError("it is empty" if not text else f"it has more than {MAX_LENGTH} characters")
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise ValueError("it has spaces or other characters that no address has")
    match kind:
        case "dial":
            return _dialled(text)
        case "sms":
            return (_bare_number(text.partition(":")[2] if text.startswith(("sms:", "tel:")) else text),)
        case "email":
            return _email(text.removeprefix("mailto:"))
        case "http":
            return _url(text)
        case "chat":
            return (text.removeprefix("chat:"),)
        case "sql":
            return (text,)
        case "header":
            if (why := why_no_header(text)) is not None:
                raise ValueError(why)
            return (text.lower(),)


def _dialled(text: str) -> tuple[str, ...]:
    scheme, colon, rest = text.partition(":")
    if not colon:
        if "@" in text:
            raise ValueError(f"an address has a scheme, as in `sip:{text}`")
        return (_bare_number(text),)
    match scheme.lower():
        case "tel":
            return (_bare_number(rest),)
        case "sip" | "sips":
            return (scheme.lower(), *_sip(rest))
        case _:
            raise ValueError(f"`{scheme}:` cannot be dialled; there are `tel:`, `sip:` and `sips:`")


def _sip(rest: str) -> tuple[str, str]:
    user, at, host = rest.rpartition("@")
    if ";" in user or "?" in user:  # RFC 3261 §25.1 allows them, and readers differ on what they are
        raise ValueError("its user part has a `;` or a `?`")
    host, *parameters = host.split(";")
    for each in parameters:
        if each.partition("=")[0].lower() not in _SAFE_PARAMETERS:
            raise ValueError(f"its parameter `{each.partition('=')[0]}` may lead the call elsewhere")
    if host == "*" and not at:
        return "*", "*"
    user = _unescaped(user)
    if "@" in user or not _USER.match(user) or (at and not user):
        raise ValueError("a SIP address reads `sip:user@host`")
    return _bare_number(user, of_sip=True), _host(host)


def _host(text: str) -> str:
    host = text.lower()
    if host.partition(":")[0].endswith("."):  # to resolvers, certificates and registrars another name
        raise ValueError(f"its host `{text}` ends with a dot")
    if not _HOST.match(host):
        raise ValueError(f"`{text}` is no host")
    return host


def _bare_number(text: str, *, of_sip: bool = False) -> str:
    """A number without what people put between its digits; an extension as it is. `_number` judges it."""
    if _DIALLED.match(text):
        return re.sub(r"[().\-]", "", text)
    if of_sip:
        return text.lower()
    if _EXTENSION.match(text):
        return text.lower()
    raise ValueError("it is neither an E.164 number nor an extension")


def _digits(user: str) -> str:
    return re.sub(r"[^0-9]", "", user)


def _readings(user: str, digits: str) -> Iterator[str]:
    """What digits might be dialled in the end: behind the number of an outside line, and behind a code that
    hides the caller, as in `*67911` and `#31#112`."""
    yield digits
    if digits[:1] in _OUTSIDE_LINES:
        yield digits[1:]
    for code in _SERVICE_CODES:
        if found := code.match(user):
            yield _digits(user[found.end() :])


@lru_cache(maxsize=1024)
def _is_emergency_somewhere(digits: str) -> bool:
    """Whether it rings an emergency service in any country: where a gateway stands is not known."""
    if not 1 < len(digits) <= _LONGEST_EXTENSION:
        return False
    if digits in _EMERGENCY:
        return True
    from phonenumbers import SUPPORTED_SHORT_REGIONS
    from phonenumbers.shortnumberinfo import is_emergency_number

    return any(is_emergency_number(digits, region) for region in SUPPORTED_SHORT_REGIONS)


def _is_premium_somewhere(user: str) -> bool:
    """Whether it is a premium number of five or six digits in any country."""
    digits = _digits(user) if _DIALLED.match(user) else ""
    return _SHORTEST_PREMIUM <= len(digits) <= _LONGEST_EXTENSION and _costs_somewhere(digits)


@lru_cache(maxsize=1024)
def _costs_somewhere(digits: str) -> bool:
    from phonenumbers import SUPPORTED_SHORT_REGIONS, PhoneNumber, country_code_for_region
    from phonenumbers.shortnumberinfo import ShortNumberCost, expected_cost_for_region

    zeros = len(digits) - len(digits.lstrip("0"))
    return any(
        expected_cost_for_region(
            PhoneNumber(
                country_code_for_region(region),
                int(digits),
                italian_leading_zero=zeros > 0 or None,
                number_of_leading_zeros=zeros or None,
            ),
            region,
        )
        == ShortNumberCost.PREMIUM_RATE
        for region in SUPPORTED_SHORT_REGIONS
    )


def _number(user: str) -> tuple[str | None, bool]:
    """The E.164 number that a user part is, and whether it is an emergency number somewhere. What a gateway
    might dial and nobody can tell where to is refused: without its `+` a long number may be anything."""
    if not _DIALLED.match(user):
        return None, False
    if is_e164(user):
        return user, False
    digits = _digits(user)
    if any(map(_is_emergency_somewhere, _readings(user, digits))):
        return None, True
    if "+" in user or len(digits) > _LONGEST_EXTENSION:
        raise ValueError("a number is written in E.164 form, such as +14155550100")
    return None, False


def _email(text: str) -> tuple[str, ...]:
    local, at, host = text.partition("@")
    if not at or not _LOCAL.match(local) or "@" in host or ":" in host or host.startswith("["):
        raise ValueError("a mail address reads `name@host`")
    return local.lower(), _host(host)


def _url(text: str) -> tuple[str, ...]:
    scheme, mark, rest = text.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in _DEFAULT_PORTS:
        raise ValueError("it reads `https://host/path`")
    rest = rest.partition("#")[0]
    end = min((place for place in map(rest.find, "/?") if place >= 0), default=len(rest))
    authority, target = rest[:end], rest[end:]
    if "@" in authority:
        raise ValueError("it has a user's name before the host")
    host = _host(authority).removesuffix(f":{_DEFAULT_PORTS[scheme]}")
    path, _, query = target.partition("?")
    return scheme, host, _path(path or "/"), query


def _path(path: str) -> str:
    """Without `.` and `..` (RFC 3986 §5.2.4), and escaped only where it must be."""
    kept: list[str] = []
    segments = _unescaped(path, only_unreserved=True).split("/")[1:]
    for place, segment in enumerate(segments):
        if re.search(r"%(2f|5c)", segment, re.IGNORECASE):
            raise ValueError("its path has an escaped slash")
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
        if segment in (".", "..") and place == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)


def _unescaped(text: str, *, only_unreserved: bool = False) -> str:
    def plain(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return escape[0].upper() if only_unreserved and not _UNRESERVED.match(character) else character

    return _ESCAPE.sub(plain, text)
