"""SIP headers that a script may set on calls, if policies name them: those that say something to people and
programs, and never those by which the protocol works.

What a call is, where it goes, who calls and what the two sides agree on is the stack's own to say. A name of
one letter is the short form of one of these (RFC 3261 §7.3.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST_HEADERS = 10
LONGEST_VALUE = 256
"""Characters: ten of them leave an INVITE with its SDP near the 1,300 bytes that go by UDP."""

_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~\-]{2,64}\Z")  # RFC 3261 §25.1 `token`
_OURS = frozenset({
    "accept", "accept-encoding", "allow", "allow-events", "also", "authentication-info", "authorization",
    "call-id", "contact", "cseq", "date", "encryption", "event", "expires", "feature-caps", "flow-timer",
    "from", "geolocation", "hide", "identity", "identity-info", "info-package", "join", "max-breadth",
    "max-forwards", "mime-version", "min-expires", "min-se", "path", "privacy", "rack", "record-route",
    "recv-info", "refer-to", "referred-by", "remote-party-id", "replaces", "require", "retry-after",
    "route", "rseq", "server", "service-route", "session-expires", "subscription-state", "supported",
    "target-dialog", "timestamp", "to", "unsupported", "user-agent", "via", "warning", "www-authenticate",
})  # fmt: skip
_OURS_BEGIN = ("content-", "p-asserted-", "p-associated-", "p-preferred-", "proxy-", "refer-", "security-")


def why_no_header(name: str) -> str | None:
    """Why a script never sets a header of this name; `None` where policies decide. A pattern is a name that
    has `*` in it, which is a character of names besides."""
    lower = name.lower()
    if not _TOKEN.match(name):
        return "it is no name of a header"
    if lower in _OURS or lower.startswith(_OURS_BEGIN):
        return "the header is the SIP stack's own"
    return None


def why_no_headers(headers: Mapping[str, object]) -> str | None:
    """Why these are no headers that a call can carry, whatever the policies say; `None` where they are."""
    if len(headers) > MOST_HEADERS:
        return f"a call has at most {MOST_HEADERS} headers of a script's"
    if len({each.lower() for each in headers}) < len(headers):
        return "a header is given twice"
    for name, value in headers.items():
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_VALUE or not value.isprintable():
            return f"the header `{name[:40]}` is a text of one line, of 1 to {LONGEST_VALUE} characters"
    return None
