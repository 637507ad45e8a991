"""One datagram to one message (RFC 3261 §7, §18.3).

Liberal: folding, any case and compact names, spaces before the colon, LF alone as a line end, octets behind
Content-Length, empty lines before the start, absent Content-Length and Max-Forwards, no branch and no tag
(RFC 2543). Strict, because two readers could differ: spaces in the start line, CR alone, a single header
twice, Content-Length beyond the datagram, numbers out of range, addresses that do not parse.

A request that breaks a rule but can be answered comes as `MalformedRequestError`, with what was read of it; a
datagram that cannot as `SipSyntaxError`.
"""

from __future__ import annotations

import re

from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.header_names import CANONICAL, SINGLE, SPELLED
from flowlang.sip.headers import parse_name_addr, parse_number
from flowlang.sip.message import BARE_NUL, Headers, Message, Request, Response
from flowlang.sip.text import is_token

MAX_MESSAGE = 65_535
MAX_HEAD = 32_768
MAX_LINES = 256

HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_LINE_END = re.compile(r"\r?\n")
_VERSION = re.compile(r"SIP/(\d{1,9})\.(\d{1,9})", re.IGNORECASE | re.ASCII)
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?", re.IGNORECASE | re.ASCII)
_CALL_ID = re.compile(r"[^\s\x00-\x1f\x7f]+")


class MalformedRequestError(SipSyntaxError):
    """A request to be refused with `status`; `request` has the headers that could be read."""

    def __init__(self, cause: SipSyntaxError, request: Request) -> None:
        super().__init__(str(cause), cause.status)
        self.request = request


def parse_datagram(data: bytes, *, stream: bool = False) -> Request | Response:
    """The message that `data` carries, a datagram or what was framed of a stream; raises
    MalformedRequestError or SipSyntaxError."""
    data = data.lstrip(b"\r\n")  # RFC 3261 §7.5
    head, rest = _split(data)
    lines = _unfold(head.decode("utf-8", "surrogateescape"))
    start = lines[0]
    if start[:4].upper() == "SIP/":
        return _response(start, lines, rest, stream)
    return _request(start, lines, rest, stream)


def _split(data: bytes) -> tuple[bytes, bytes | None]:
    """The head, and what is behind the empty line that ends it, `None` without one."""
    at = data.find(b"\r\n\r\n", 0, MAX_HEAD + 4)
    if at >= 0 and data.count(b"\n", 0, at) == data.count(b"\r\n", 0, at):  # else a LF alone ends it before
        return data[:at], data[at + 4 :]
    end = HEAD_END.search(data, 0, MAX_HEAD + 4)
    if end is None:
        return data[:MAX_HEAD].rstrip(b"\r\n"), None
    return data[: end.start()], data[end.end() :]


def _unfold(head: str) -> list[str]:
    """The logical lines of the head. A CR that ends no line stays where it is; header syntax refuses it."""
    if "\n " in head or "\n\t" in head:
        head = _FOLD.sub(" ", head)
    if head.count("\n") == head.count("\r\n"):
        return head.split("\r\n")
    return _LINE_END.split(head)


def _request(start: str, lines: list[str], rest: bytes | None, stream: bool) -> Request:
    parts = start.split(" ")
    version = _VERSION.fullmatch(parts[-1]) or _VERSION.fullmatch(start.rstrip().rpartition(" ")[2])
    if version is None:
        raise SipSyntaxError("No SIP message")
    request = Request(parts[0], parts[1] if len(parts) > 1 else "", {})
    try:
        problem: SipSyntaxError | None = None
        try:
            request.headers = _headers(lines)
        except _HeadersError as error:
            request.headers, problem = error.headers, error
        if (version[1].lstrip("0"), version[2].lstrip("0")) != ("2", ""):
            raise SipSyntaxError("Version Not Supported", 505)
        if len(parts) != 3 or not is_token(parts[0]):
            raise SipSyntaxError("Malformed request line")
        if problem is not None:
            raise problem
        request.body = _body(request, rest, stream)
        _check_request(request)
    except SipSyntaxError as error:
        raise MalformedRequestError(error, request) from None
    return request


def _response(start: str, lines: list[str], rest: bytes | None, stream: bool) -> Response:
    match = _STATUS_LINE.fullmatch(start)
    if match is None:
        raise SipSyntaxError("Malformed status line")
    response = Response(int(match[1]), match[2] or "", _headers(lines))
    response.body = _body(response, rest, stream)
    _check_common(response)
    return response


class _HeadersError(SipSyntaxError):
    """A broken header line, with the headers that did parse."""

    def __init__(self, reason: str, headers: Headers) -> None:
        super().__init__(reason)
        self.headers = headers


def _headers(lines: list[str]) -> Headers:
    headers: Headers = {}
    problem = "Too many header lines" if len(lines) > MAX_LINES else None
    for line in lines[1:MAX_LINES]:
        name, colon, value = line.partition(":")
        known = SPELLED.get(name)
        if known is None:
            name = name.rstrip(" \t")  # HCOLON allows space before the colon
            known = CANONICAL.get(name.lower())
            if known is None:
                if not colon or not is_token(name):
                    problem = "Malformed header line"
                    continue
                known = name
        if "\r" in value or ("\0" in value and BARE_NUL.search(value)):
            problem = "Malformed header line"
            continue
        value = value.strip(" \t")
        if known not in headers:
            headers[known] = [value]
            continue
        if known in SINGLE:
            problem = f"Repeated {known}"
        headers[known].append(value)
    if problem is not None:
        raise _HeadersError(problem, headers)
    return headers


def _body(message: Message, rest: bytes | None, stream: bool) -> bytes:
    """Content-Length (RFC 3261 §18.3). Of a datagram: absent is the rest, less cuts, more is an error. In a
    stream it must be there (§20.14)."""
    if rest is None:
        raise SipSyntaxError("No empty line after the headers")
    text = message.get("Content-Length")
    if text is None:
        if stream:
            raise SipSyntaxError("Missing Content-Length")
        return rest
    if text.isdecimal() and text.isascii() and len(text) <= 6:
        length = int(text)
    else:
        length = parse_number(text, MAX_MESSAGE) if text[:1].isdigit() else -1
    if not 0 <= length <= len(rest):
        raise SipSyntaxError("Content-Length does not fit the message")
    return rest[:length]


def _check_common(message: Message) -> None:
    """Every message has these five, and they parse (RFC 3261 §8.1.1)."""
    message.via  # noqa: B018 - looked at for its error
    message.from_  # noqa: B018
    message.to  # noqa: B018
    message.cseq  # noqa: B018
    if not _CALL_ID.fullmatch(message.call_id):
        raise SipSyntaxError("Malformed Call-ID")


def _check_request(request: Request) -> None:
    _check_common(request)
    if request.cseq.method != request.method:  # §8.1.1.5
        raise SipSyntaxError("CSeq method does not match")
    if request.target.headers is not None:  # §19.1.1: no headers in a Request-URI; RFC 4475 §3.1.2.11
        raise SipSyntaxError("Headers in the Request-URI")
    request.max_forwards  # noqa: B018
    request.contacts  # noqa: B018
    for name in ("Via", "Record-Route", "Route"):
        values = request.headers.get(name)
        if values is not None and (len(values) > 1 or name != "Via" or "," in values[0]):
            members = request.members(name)
            if name != "Via":
                for member in members:
                    parse_name_addr(member)
    if "Require" in request.headers:
        request.members("Require")
