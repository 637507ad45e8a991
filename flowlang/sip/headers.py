"""Typed headers: Via, addresses with parameters (From, To, Contact, Route), CSeq, option tags."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from flowlang.sip.address import DEFAULT_PORTS, bracketed
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.text import (
    QUOTED,
    TOKEN,
    Parameters,
    parse_parameters,
    print_parameters,
    quote,
    strip_comments,
    unquote,
)
from flowlang.sip.uri import HOST, MEMO_LENGTH, Uri, parse_uri

MAGIC_COOKIE = "z9hG4bK"  # RFC 3261 §8.1.1.7
_PLAIN = 10  # digits: no long integer is made of them
MAX_CSEQ = 2**31 - 1  # RFC 3261 §8.1.1.5

_VIA = re.compile(
    rf"({TOKEN})[ \t]*/[ \t]*({TOKEN})[ \t]*/[ \t]*({TOKEN})[ \t]+"
    rf"({HOST})[ \t]*(?::[ \t]*(\d{{1,5}})[ \t]*)?",
    re.ASCII,
)
_CSEQ = re.compile(rf"0*(\d{{1,10}})[ \t]+({TOKEN})", re.ASCII)
_NAME_ADDR = re.compile(
    rf'[ \t]*+(?:({QUOTED})[ \t]*|((?:{TOKEN}[ \t]*+)*+))<([^<>\s"]*)>[ \t]*', re.DOTALL | re.ASCII
)
_ADDR_SPEC = re.compile(r'([^\s<>",;?]+)[ \t]*')
_DIGITS = re.compile(r"0*(\d{1,10})", re.ASCII)


@dataclass(slots=True)
class Via:
    """One hop. `host` has no brackets; `parameters` may be changed before printing."""

    transport: str
    host: str
    port: int | None = None
    parameters: Parameters = field(default_factory=dict[str, "str | None"])
    protocol: str = "SIP/2.0"

    @property
    def branch(self) -> str | None:
        """The branch, None unless it names a transaction by itself (RFC 3261 §17.2.3, RFC 4475 §3.2.1)."""
        branch = self.parameters.get("branch")
        if branch is None or len(branch) <= len(MAGIC_COOKIE):
            return None
        return branch if branch[: len(MAGIC_COOKIE)].lower() == MAGIC_COOKIE.lower() else None

    @property
    def sent_by(self) -> str:
        """Host and port as the sender wrote them, in lower case."""
        return f"{bracketed(self.host)}:{self.effective_port}".lower()

    @property
    def effective_port(self) -> int:
        """The port, or the transport's default."""
        return self.port if self.port is not None else DEFAULT_PORTS.get(self.transport.lower(), 5060)

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        head = f"{self.protocol}/{self.transport} {bracketed(self.host)}{port}"
        return head + print_parameters(self.parameters)


def parse_via(text: str) -> Via:
    """One Via value (not a list)."""
    match = _VIA.match(text)
    if match is None:
        raise SipSyntaxError("Malformed Via")
    rest = text[match.end() :]
    port = None if match[5] is None else int(match[5])
    if port is not None and port > 65535:
        raise SipSyntaxError("Port out of range in Via")
    parameters = parse_parameters(strip_comments(rest))  # RFC 2543 allowed a comment here
    return Via(match[3], match[4].strip("[]"), port, parameters, f"{match[1]}/{match[2]}")


@dataclass(frozen=True, slots=True)
class NameAddr:
    """An address in From, To, Contact, Route and their like: display name, URI, header parameters.

    It is shared by all who read the same text: nobody changes its parameters."""

    uri: Uri
    display: str | None = None
    parameters: Parameters = field(default_factory=dict[str, "str | None"])

    @property
    def tag(self) -> str | None:
        """The tag of From or To."""
        return self.parameters.get("tag")

    def __str__(self) -> str:
        display = "" if self.display is None else quote(self.display) + " "
        return f"{display}<{self.uri}>{print_parameters(self.parameters)}"


def parse_name_addr(text: str) -> NameAddr:
    """One `name-addr` or `addr-spec` with parameters (RFC 3261 §20.10).

    Without `<>` every parameter is the header's, and a URI with `,` `;` `?` of its own is an error (RFC 4475
    §3.1.2.13).
    """
    return _parse_known(text) if len(text) <= MEMO_LENGTH else _parse_address(text)


def _parse_address(text: str) -> NameAddr:
    match = _NAME_ADDR.match(text)
    if match is not None:
        quoted, tokens, uri = match.groups()
        display = unquote(quoted) if quoted is not None else tokens.strip() or None
        return NameAddr(parse_uri(uri), display, _parameters(text, match.end()))
    bare = text.strip(" \t")
    match = _ADDR_SPEC.match(bare)
    if match is None:
        raise SipSyntaxError("Malformed address")
    return NameAddr(parse_uri(match[1]), None, _parameters(bare, match.end()))


# Each message of a call repeats the addresses of its first.
_parse_known = lru_cache(maxsize=512)(_parse_address)


def _parameters(text: str, start: int) -> Parameters:
    return parse_parameters(text, start) if start < len(text) else {}


class CSeq(NamedTuple):
    """Sequence number and method."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def parse_cseq(text: str) -> CSeq:
    """A CSeq value; numbers above 2**31 - 1 are an error (RFC 3261 §8.1.1.5), before any large integer is
    made."""
    match = _CSEQ.fullmatch(text)
    if match is None:
        raise SipSyntaxError("Malformed CSeq")
    number = int(match[1])
    if number > MAX_CSEQ:
        raise SipSyntaxError("CSeq number out of range")
    return CSeq(number, match[2])


def parse_number(text: str, limit: int) -> int:
    """A non-negative integer of at most `limit`; a comment or parameters after it are let be."""
    if len(text) < _PLAIN and text.isdecimal() and text.isascii():  # as nearly all are
        number = int(text)
        if number <= limit:
            return number
    match = _DIGITS.fullmatch(strip_comments(text).partition(";")[0].strip(" \t"))
    if match is None or int(match[1]) > limit:
        raise SipSyntaxError("Number malformed or out of range")
    return int(match[1])
