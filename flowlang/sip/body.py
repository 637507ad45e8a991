"""The session description in a message's body: alone, or as a part of a multipart body (RFC 5621, RFC 2046).

Rules. Of `multipart/mixed`, `/alternative` and `/related` the first readable part that is a description
counts; other parts are let be, unless one says `handling=required`. A part is as it came: no transfer
encoding is undone. Parts, their headers and their depth are bounded; what breaks a rule or a bound is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.message import Message
from flowlang.sip.text import parse_parameters, unquote

SDP_TYPE = "application/sdp"
MULTIPART_TYPES = frozenset({"multipart/mixed", "multipart/alternative", "multipart/related"})
MAX_PARTS = 16
MAX_PART_HEAD = 4_096
MAX_DEPTH = 2  # an alternative inside a mixed (RFC 5621 §4.1)

_LONGEST_BOUNDARY = 70  # RFC 2046 §5.1.1
_PLAIN_ENCODINGS = frozenset({"7bit", "8bit", "binary"})


def session_body(message: Message) -> bytes | None:
    """The bytes of the description that a message carries, None if it carries none that we can read."""
    if not message.body:
        return None
    if message.content_type == SDP_TYPE:
        return message.body
    headers = {name.lower(): values[0] for name, values in message.headers.items()}
    return _description(headers, message.body, 0)


def _description(headers: dict[str, str], body: bytes, depth: int) -> bytes | None:
    kind, _, parameters = headers.get("content-type", "").partition(";")
    kind = kind.strip(" \t").lower()
    if kind == SDP_TYPE:
        return body
    boundary = _boundary(parameters)
    if kind not in MULTIPART_TYPES or boundary is None or depth == MAX_DEPTH:
        return None
    found: bytes | None = None
    for head, part in _parts(body, boundary):
        described = _description(head, part, depth + 1) if _readable(head) else None
        if described is None and _required(head):
            return None  # RFC 5621 §8.4: it is not for us to leave out
        found = found or described
    return found


def _readable(headers: dict[str, str]) -> bool:
    return (
        headers.get("content-transfer-encoding", "binary").lower() in _PLAIN_ENCODINGS
        and headers.get("content-encoding", "identity").lower() == "identity"
    )


def _required(headers: dict[str, str]) -> bool:
    return "handling=required" in headers.get("content-disposition", "").lower().replace(" ", "")


def _boundary(parameters: str) -> bytes | None:
    try:
        boundary = unquote(parse_parameters(f";{parameters}").get("boundary") or "")
    except SipSyntaxError:
        return None
    usable = 0 < len(boundary) <= _LONGEST_BOUNDARY and boundary.isascii() and boundary.isprintable()
    return boundary.encode() if usable else None


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Headers, their names in lower case, and body of each part (RFC 2046 §5.1.1)."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, MAX_PARTS + 1)
    for piece in pieces[1 : MAX_PARTS + 1]:
        if piece.startswith(b"--"):
            return
        _, _, rest = piece.partition(b"\r\n")  # behind the boundary stands only white space
        if rest.startswith(b"\r\n"):
            yield {}, rest[2:]
            continue
        head, empty_line, content = rest.partition(b"\r\n\r\n")
        if not empty_line or len(head) > MAX_PART_HEAD:
            return
        yield _headers(head), content


def _headers(head: bytes) -> dict[str, str]:
    text = head.decode("utf-8", "surrogateescape").replace("\r\n ", " ").replace("\r\n\t", " ")
    headers: dict[str, str] = {}
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        headers.setdefault(name.strip(" \t").lower(), value.strip(" \t"))
    return headers
