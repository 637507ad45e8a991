"""What somebody posts to us: a form or JSON, and the proof of whom it is from.

A body is limited, verified as the bytes that came, and only then read. What cannot be taken has its answer
here: 400 for a form with too many fields, 401 where it is not from whom it should be, 413 where it is too
long.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from flowlang.core.json_values import value_of_json
from flowlang.model.values import Value

from .http_server import Request, Response, plain
from .signatures import standard_fault, twilio_fault

Verify = Literal["standard", "twilio", "bearer", "none"]

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Proof:
    """How one proves who he is: by a signature of Standard Webhooks with any of `keys`, of Twilio's form with
    `token` and `url`, our address as he writes it, without a query; by `token` in `Authorization: Bearer`; or
    not at all."""

    verify: Verify
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    token: str = field(default="", repr=False)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """`value` is the form as a map, or the JSON; `None` where it is neither."""

    text: str
    value: Value


async def posted(
    request: Request, proof: Proof, now: float, *, largest: int, fields: int
) -> Posted | Response:
    """What was posted, of at most so many bytes or fields, or the answer to what is not taken. `now` is
    seconds since 1970."""
    body = await request.read(largest)
    if body is None:
        return plain(413)
    text = body.decode("utf-8", "replace")
    form: list[tuple[str, str]] | None = None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        try:
            form = parse_qsl(text, keep_blank_values=True, max_num_fields=fields)
        except ValueError:
            return plain(400, "a form has fewer fields")
    why = _fault(proof, request, body, form, now)
    if why is not None:
        return plain(401, why)
    return Posted(text, dict(form) if form is not None else value_of_json(text))


def _fault(
    proof: Proof, request: Request, body: bytes, form: list[tuple[str, str]] | None, now: float
) -> str | None:
    """Why a request is not from him; `None` where it is."""
    headers = request.headers
    match proof.verify:
        case "standard":
            return standard_fault(proof.keys, headers, body, now)
        case "twilio":
            url = proof.url + (f"?{request.query}" if request.query else "")
            return twilio_fault(proof.token, url, headers.get("x-twilio-signature", ""), form, body)
        case "bearer":
            wanted = f"Bearer {proof.token}".encode()
            given = headers.get("authorization", "").encode("latin-1", "replace")
            return None if hmac.compare_digest(given, wanted) else "it has another token"
        case "none":
            return None
