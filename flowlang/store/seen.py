"""What a message that was here is kept by."""

from __future__ import annotations

from hashlib import blake2b

from flowlang.model.values import DAY

KEPT = 7 * DAY
"""For so long, in microseconds: mail servers try for five days (RFC 5321 §4.5.4.1), webhooks for three."""


def seen_key(channel: str, message: str) -> bytes:
    """Of one size, whatever a stranger calls his message."""
    return blake2b(f"{channel} {message}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
