"""Keys that come by INFO: `application/dtmf-relay` (Signal= and Duration=, as Cisco began it) and
`application/dtmf` (the key alone). Neither is a standard; phones send both."""

from __future__ import annotations

import re

from flowlang.model.digits import DIGITS

_RELAYED = re.compile(
    rb"(?:\A|[\r\n])[ \t]*Signal[ \t]*=[ \t]*([0-9A-Da-d*#]{1,2})[ \t]*(?:[\r\n]|\Z)", re.IGNORECASE
)
_MAX_BODY = 256


def key_of_info(kind: str | None, body: bytes) -> str | None:
    """The key that an INFO tells, `None` where it tells none."""
    if len(body) > _MAX_BODY:
        return None
    if kind == "application/dtmf-relay":
        found = _RELAYED.search(body)
        signal = found[1].decode("ascii") if found is not None else ""
    elif kind == "application/dtmf":
        signal = body.strip().decode("ascii", "replace")
    else:
        return None
    if len(signal) == 2:  # some write the event's number (RFC 4733 §3.2)
        return DIGITS[int(signal)] if signal.isdecimal() and int(signal) < len(DIGITS) else None
    return signal.upper() if signal and signal.upper() in DIGITS else None
