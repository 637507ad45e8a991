"""Message-IDs (RFC 5322 §3.6.4), bare: without the angle brackets that they have on the wire."""

from __future__ import annotations

import hashlib
import re

_BARE = re.compile(r"[!-;=?-~]{1,250}\Z")  # no space, no control character, no bracket
_OURS = re.compile(r"[0-9a-f]{32}@")
_IN_HEADER = re.compile(r"<([!-;=?-~]{1,250})>")
MOST_REFERENCES = 20
"""Of a long thread the first and the newest are named (RFC 5322 §3.6.4 names all; mail programs cut too)."""


def id_of_key(key: str, domain: str) -> str:
    """The one id of the one mail with this key: a server or reader that sees it twice knows it."""
    return f"{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@{domain}"


def is_of_ours(message_id: str) -> bool:
    """Whether it looks as `id_of_key` makes them."""
    return _OURS.match(message_id) is not None


def is_message_id(text: str) -> bool:
    """Whether a text may stand between the brackets."""
    return _BARE.match(text) is not None


def ids_in(header: str) -> tuple[str, ...]:
    """The ids that a header names, of those that are well formed."""
    return tuple(_IN_HEADER.findall(header[:50_000]))


def references(chain: tuple[str, ...], parent: str) -> tuple[str, ...]:
    """What a reply refers to: the chain of its parent and then the parent."""
    whole = (*(each for each in chain if each != parent), parent)
    if len(whole) > MOST_REFERENCES:
        return (whole[0], *whole[-(MOST_REFERENCES - 1) :])
    return whole
