"""Header names: canonical spelling, compact forms, and which may stand once only."""

from __future__ import annotations

# RFC 3261 §7.3.3 and §20; RFC 3265, 3515, 3841, 3892, 4028, 4474 for the later ones.
COMPACT = {
    "a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
    "e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported",
    "l": "Content-Length", "m": "Contact", "n": "Identity-Info", "o": "Event", "r": "Refer-To",
    "s": "Subject", "t": "To", "u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
}  # fmt: skip

SINGLE = frozenset({
    "Call-ID", "Content-Disposition", "Content-Length", "Content-Type", "CSeq", "Date", "Event", "Expires",
    "From", "Max-Forwards", "MIME-Version", "Min-Expires", "Min-SE", "Organization", "Priority", "RAck",
    "Refer-To", "Referred-By", "Replaces", "Reply-To", "Retry-After", "RSeq", "Server", "Session-Expires",
    "Subject", "Timestamp", "To", "User-Agent",
})  # fmt: skip
"""Headers that a message has at most once: a second one is a 400 (RFC 3261 §7.3.1, RFC 4475 §3.3.8)."""

_OTHERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow", "Authentication-Info",
    "Authorization", "Call-Info", "Contact", "Content-Encoding", "Content-Language", "Diversion",
    "Error-Info", "History-Info", "In-Reply-To", "P-Asserted-Identity", "P-Preferred-Identity", "Path",
    "Privacy", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Require", "Reason", "Record-Route",
    "Require", "Route", "Service-Route", "Subscription-State", "Supported", "Unsupported", "Via", "Warning",
    "WWW-Authenticate",
)  # fmt: skip

CANONICAL: dict[str, str] = {name.lower(): name for name in (*SINGLE, *_OTHERS, *COMPACT.values())} | COMPACT
"""Any known name in lower case, compact forms too -> its canonical spelling."""

SPELLED = CANONICAL | {name: name for name in CANONICAL.values()}
"""The same with those that are spelled so already, as nearly all are."""
