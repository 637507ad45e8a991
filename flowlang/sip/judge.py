"""What is refused before anyone asks where a request is going (RFC 3261 §8.2): method, URI, extensions, body.

Syntax and version have been judged by `parse.py`. The order here: method, scheme, Require, session timer,
Accept, body type.
"""

from __future__ import annotations

from typing import NamedTuple

from flowlang.sip import session_timer
from flowlang.sip.body import SDP_TYPE, session_body
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import parse_number
from flowlang.sip.message import Request

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "REFER", "NOTIFY", "PRACK")
"""What we do."""
FOREIGN_METHODS = frozenset({"MESSAGE", "PUBLISH", "SUBSCRIBE"})
"""Registered methods that we know of and do not do: 405. One that nobody registered is a 501."""
EXTENSIONS: frozenset[str] = frozenset({"100rel", "replaces", session_timer.TAG})
"""Option tags that we hold to."""
URI_SCHEMES = frozenset({"sip", "tel"})
"""`sips` too, where it came by TLS: it wants that on every hop (§26.2.2)."""

ALLOW = ("Allow", ", ".join(METHODS))
ACCEPT = ("Accept", f"{SDP_TYPE}, multipart/mixed")
SUPPORTED = ("Supported", ", ".join(sorted(EXTENSIONS)))

_OFFERING = frozenset({"INVITE", "UPDATE"})


class Reply(NamedTuple):
    """A final response that needs nobody's opinion."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    reason: str | None = None


def judge(request: Request, *, registrar: bool = False, secure: bool = False) -> Reply | None:
    """The refusal that a well-formed request earns by itself, None if it may go on. `registrar`: whether
    there is one for a REGISTER; `secure`: whether it came by TLS."""
    if request.method not in METHODS and not (registrar and request.method == "REGISTER"):
        return _refuse_method(request.method)
    try:
        scheme = request.target.scheme
        if scheme not in URI_SCHEMES and not (secure and scheme == "sips"):
            return Reply(416)
        if request.method in ("ACK", "CANCEL"):
            return None  # §8.2.2.3: neither is refused for an extension
        return _extensions(request) or (_offering(request) if request.method in _OFFERING else None)
    except SipSyntaxError as error:
        return Reply(error.status, reason=str(error))


def _refuse_method(method: str) -> Reply:
    if method == "REGISTER":
        return Reply(403)  # understood, but there is no registrar here
    return Reply(405 if method in FOREIGN_METHODS else 501, (ALLOW,))


def _extensions(request: Request) -> Reply | None:
    """§8.2.2.3. We are the last element, so Proxy-Require, too, can be met by nobody after us (RFC 4475
    §3.3.5)."""
    if "Require" not in request.headers and "Proxy-Require" not in request.headers:
        return None
    wanted = [*request.members("Require"), *request.members("Proxy-Require")]
    unknown = [tag for tag in wanted if tag.lower() not in EXTENSIONS]
    return Reply(420, (("Unsupported", ", ".join(unknown)),)) if unknown else None


def _offering(request: Request) -> Reply | None:
    if session_timer.too_short(request):
        return Reply(422, (("Min-SE", str(session_timer.MIN_SE)),))  # RFC 4028 §9
    return _content(request)


def _content(request: Request) -> Reply | None:
    """§8.2.3 and the Accept of RFC 4475 §3.3.15."""
    if "Accept" in request.headers and not _accepts_sdp(request.members("Accept")):
        return Reply(406)
    if not request.body:
        return None
    encoding = request.get("Content-Encoding")
    if encoding is not None and encoding.lower() != "identity":
        return Reply(415, (("Accept-Encoding", "identity"),))
    if session_body(request) is None and not _optional(request):
        return Reply(415, (ACCEPT,))
    return None


def _accepts_sdp(ranges: list[str]) -> bool:
    for member in ranges:
        kind = member.partition(";")[0].strip(" \t").lower()
        if kind in (SDP_TYPE, "application/*", "*/*"):
            return True
    return False


def _optional(request: Request) -> bool:
    disposition = (request.get("Content-Disposition") or "").lower().replace(" ", "")
    return "handling=optional" in disposition


def too_many_hops(request: Request) -> bool:
    """True where a request may go no further, and we are not plainly its end (§8.1.1.6, RFC 4475 §3.3.11)."""
    hops = request.get("Max-Forwards")
    return hops is not None and parse_number(hops, 255) == 0
