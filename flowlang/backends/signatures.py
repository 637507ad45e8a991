"""Signatures of webhooks, made and verified: Standard Webhooks, and Twilio's form, which other gateways
share.

Both are compared in constant time. Nothing here knows a clock: `now` is seconds since 1970.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

TOLERANCE = 300
"""Seconds that a timestamp may be off, as the libraries of Standard Webhooks have it."""

_PREFIX = "whsec_"
_MOST_SIGNATURES = 20


class SecretError(ValueError):
    """A secret that is none; the message says what one looks like."""


def standard_key(secret: str) -> bytes:
    """The key that a secret `whsec_…` stands for (Standard Webhooks, *Symmetric*: 24 to 64 bytes)."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        raise SecretError("a secret of Standard Webhooks is `whsec_` and 24 to 64 bytes in Base64")
    return key


def standard_headers(key: bytes, message: str, body: bytes, now: float) -> dict[str, str]:
    """The headers that sign a body."""
    at = str(int(now))
    return {
        "webhook-id": message,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{_standard(key, message, at, body)}",
    }


def standard_fault(keys: Iterable[bytes], headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    """Why a webhook is not from who has one of the keys; `None` where it is. Names of headers are small."""
    message, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not message or not at or not given:
        return "it is not signed"
    if not at.isascii() or not at.isdigit() or len(at) > 12 or "." in message:
        return "its id or timestamp is none"
    if abs(now - int(at)) > TOLERANCE:
        return "its timestamp is too old, or in the future"
    signatures = [each[3:] for each in given.split(" ")[:_MOST_SIGNATURES] if each.startswith("v1,")]
    fits = False
    for key in keys:
        wanted = _standard(key, message, at, body).encode()
        for each in signatures:
            fits |= hmac.compare_digest(wanted, each.encode())
    return None if fits else "its signature is another's"


def _standard(key: bytes, message: str, at: str, body: bytes) -> str:
    signed = b".".join((message.encode(), at.encode(), body))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def twilio_signature(token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """Of an address and the fields of a form: each name once with its values, all sorted."""
    fields: dict[str, set[str]] = {}
    for name, value in form:
        fields.setdefault(name, set()).add(value)
    text = url + "".join(name + value for name in sorted(fields) for value in sorted(fields[name]))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def twilio_fault(
    token: str, url: str, given: str, form: Iterable[tuple[str, str]] | None = (), body: bytes = b""
) -> str | None:
    """Why a request is not from who has the token; `None` where it is. A `body` that is no `form`, or one
    without fields, is named by its hash in the address (`bodySHA256`); one that the address names counts in
    any case. The address counts with its port and without, for gateways and proxies differ there."""
    if not given:
        return "it is not signed"
    fields = tuple(form or ())
    wanted = parse_qs(urlsplit(url).query, keep_blank_values=True).get("bodySHA256", [""])[0]
    named = wanted or form is None or (body and not fields)
    if named and not hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), wanted.encode()):
        return "its body is not the one that was signed"
    fits = False
    for each in _with_and_without_port(url):
        fits |= hmac.compare_digest(twilio_signature(token, each, fields).encode(), given.encode())
    return None if fits else "its signature is another's"


def _with_and_without_port(url: str) -> tuple[str, str]:
    scheme, mark, rest = url.partition("://")
    end = min((place for place in map(rest.find, "/?#") if place >= 0), default=len(rest))
    authority, path = rest[:end], rest[end:]
    host, colon, port = authority.rpartition(":")
    if colon and port.isdigit():
        return url, f"{scheme}{mark}{host}{path}"
    return url, f"{scheme}{mark}{authority}:{443 if scheme == 'https' else 80}{path}"
