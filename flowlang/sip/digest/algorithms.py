"""What digest authentication hashes, and with what (RFC 7616 §3.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass


def _md5(text: bytes) -> str:
    # All that RFC 3261 has; where a peer can do SHA-256 that is asked for first.
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


ALGORITHMS: dict[str, Callable[[bytes], str]] = {"SHA-256": _sha256, "MD5": _md5}
"""By their registered names, the strongest first: the order of the challenges (RFC 8760 §2.4)."""


def algorithm_of(name: str | None) -> str | None:
    """The registered spelling of a name; MD5 where none is given; `None` for what we do not do."""
    spelling = "MD5" if name is None else name.upper()
    return spelling if spelling in ALGORITHMS else None


@dataclass(frozen=True, slots=True)
class Use:
    """What of one use of a nonce is hashed besides the secret. `qop` `None` is RFC 2069's way, which has
    neither count nor `cnonce`."""

    method: str
    uri: str
    nonce: str
    qop: str | None = None
    count: str = ""
    cnonce: str = ""


def secret_of(algorithm: str, user: str, realm: str, password: str) -> str:
    """HA1 (§3.4.2)."""
    return _hash(algorithm, user, realm, password)


def response_of(algorithm: str, secret: str, use: Use) -> str:
    """The `response` (§3.4.1)."""
    what = _hash(algorithm, use.method, use.uri)
    if use.qop is None:
        return _hash(algorithm, secret, use.nonce, what)
    return _hash(algorithm, secret, use.nonce, use.count, use.cnonce, use.qop, what)


def _hash(algorithm: str, *parts: str) -> str:
    return ALGORITHMS[algorithm](":".join(parts).encode("utf-8", "surrogateescape"))
