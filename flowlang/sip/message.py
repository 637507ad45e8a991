"""Requests and responses: raw headers by name, typed views made when first asked for, and printing.

Rules. Headers are `name -> values as text`, names canonical, values unfolded, in the order of their first
coming. Typed views raise `SipSyntaxError`; those of a parsed request have been looked at once by `parse.py`
and do not. Whatever is printed is guarded: CR and LF cannot enter a line, NUL only as `\\NUL` inside a quoted
string that came in so (RFC 4475 §3.1.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.header_names import CANONICAL
from flowlang.sip.headers import CSeq, NameAddr, Via, parse_cseq, parse_name_addr, parse_number, parse_via
from flowlang.sip.status import reason_phrase
from flowlang.sip.text import is_token, split_list
from flowlang.sip.uri import Uri, parse_uri

Headers = dict[str, list[str]]

# A header that stands alone, with the length counted: at the end of every message.
_LENGTH = "Content-Length"
BARE_NUL = re.compile(r"(?<!\\)\0")
"""A NUL that no backslash escapes in a quoted string."""


class Message:
    """What requests and responses share."""

    __slots__ = ("_cseq", "_from", "_to", "_via", "body", "headers")

    def __init__(self, headers: Headers, body: bytes = b"") -> None:
        self.headers = headers
        self.body = body
        self._via: Via | None = None
        self._from: NameAddr | None = None
        self._to: NameAddr | None = None
        self._cseq: CSeq | None = None

    def get(self, name: str) -> str | None:
        """The first value of a header by its canonical name, None if it is absent."""
        values = self.headers.get(name)
        return values[0] if values else None

    def members(self, name: str) -> list[str]:
        """All members of a comma list over all its lines, in order."""
        values = self.headers.get(name)
        if not values:
            return []
        if len(values) == 1:
            return split_list(values[0])
        return [member for value in values for member in split_list(value)]

    def extend(self, headers: Iterable[tuple[str, str]]) -> None:
        """Append headers, their names in any spelling; the values are guarded when printed."""
        for name, value in headers:
            known = CANONICAL.get(name.lower())
            if known is None:
                if not is_token(name):
                    raise ValueError("a header name must be a token")
                known = name
            self.headers.setdefault(known, []).append(value)

    @property
    def via(self) -> Via:
        """The top Via."""
        if self._via is None:
            values = self.headers.get("Via")
            if not values:
                raise SipSyntaxError("Missing Via")
            self._via = parse_via(split_list(values[0])[0] if values[0] else "")
        return self._via

    def set_top_via(self, via: Via) -> None:
        """Replace the top Via by `via`."""
        first, *rest = self.headers["Via"]
        self.headers["Via"] = [str(via), *split_list(first)[1:], *rest]
        self._via = via

    @property
    def from_(self) -> NameAddr:
        """The From header."""
        if self._from is None:
            self._from = parse_name_addr(self._required("From"))
        return self._from

    @property
    def to(self) -> NameAddr:
        """The To header."""
        if self._to is None:
            self._to = parse_name_addr(self._required("To"))
        return self._to

    @property
    def cseq(self) -> CSeq:
        """The CSeq header."""
        if self._cseq is None:
            self._cseq = parse_cseq(self._required("CSeq"))
        return self._cseq

    @property
    def call_id(self) -> str:
        """The Call-ID, compared byte for byte."""
        return self._required("Call-ID")

    @property
    def max_forwards(self) -> int | None:
        """Max-Forwards, 0 to 255; None if absent (RFC 2543)."""
        text = self.get("Max-Forwards")
        return None if text is None else parse_number(text, 255)

    @property
    def contacts(self) -> list[NameAddr]:
        """The Contact addresses; empty for `*` too."""
        values = self.headers.get("Contact")
        if not values or values == ["*"]:
            return []
        return [parse_name_addr(member) for member in self.members("Contact")]

    @property
    def content_type(self) -> str | None:
        """`type/subtype` in lower case, without parameters."""
        text = self.get("Content-Type")
        return None if text is None else text.partition(";")[0].strip(" \t").lower()

    def _required(self, name: str) -> str:
        values = self.headers.get(name)
        if not values:
            raise SipSyntaxError(f"Missing {name}")
        return values[0]

    @property
    def start_line(self) -> str:
        """The first line, without its CRLF."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        """What a ladder shows of the message."""
        raise NotImplementedError

    def encode(self) -> bytes:
        """The bytes for the wire; ValueError if any part could break out of its line."""
        lines = [self.start_line]
        for name, values in self.headers.items():
            if name != _LENGTH:
                lines.extend([f"{name}: {value}" for value in values])
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        text = "\r\n".join(lines)
        breaks = len(lines) + 1
        if (
            text.count("\n") != breaks
            or text.count("\r") != breaks
            or ("\0" in text and BARE_NUL.search(text))
        ):
            raise ValueError("a header must not contain CR, LF or NUL")
        return text.encode("utf-8", "surrogateescape") + self.body


class Request(Message):
    """A request. `uri` is the Request-URI as text."""

    __slots__ = ("_target", "key", "method", "uri")

    def __init__(self, method: str, uri: str, headers: Headers, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.method = method
        self.uri = uri
        self._target: Uri | None = None
        self.key: tuple[str, ...] | None = None
        """What its transaction is found by; the layer's, which works it out once."""

    @property
    def target(self) -> Uri:
        """The Request-URI, parsed."""
        if self._target is None:
            self._target = parse_uri(self.uri)
        return self._target

    @property
    def start_line(self) -> str:
        if " " in self.uri or not is_token(self.method):
            raise ValueError("a request line must not contain spaces in its method or URI")
        return f"{self.method} {self.uri} SIP/2.0"

    @property
    def summary(self) -> str:
        return f"{self.method} {self.uri}"


class Response(Message):
    """A response. `reason` is for people only."""

    __slots__ = ("reason", "status")

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.status = status
        self.reason = reason

    @property
    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"

    @property
    def summary(self) -> str:
        cseq = self.get("CSeq")
        return f"{self.status} {self.reason} ({cseq.split()[-1] if cseq else '?'})"


def response_to(
    request: Request,
    status: int,
    to_tag: str | None = None,
    reason: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Response:
    """The response of RFC 3261 §8.2.6: Via, From, To, Call-ID and CSeq of the request, what it has of them.

    `to_tag` is added to a To that has no tag.
    """
    source = request.headers
    built: Headers = {}
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        if name in source:
            # Of a header that must stand once, but came twice, the first speaks; the answer is a 400 then.
            built[name] = source[name] if name == "Via" else source[name][:1]
    if to_tag is not None and "To" in built and request.to.tag is None:
        built["To"] = [f"{built['To'][0]};tag={to_tag}"]
    if status == 100 and "Timestamp" in source:
        built["Timestamp"] = source["Timestamp"][:1]  # §8.2.6.1
    response = Response(status, reason_phrase(status) if reason is None else reason, built, body)
    response.extend(headers)
    return response
