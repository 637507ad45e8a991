"""Webhooks in: `POST /hooks/NAME` starts what `route webhook to "/NAME"` names.

Each says how it is verified: `standard` (Standard Webhooks), `twilio` (Twilio's form), or `none`, which has
to be said. What is not verified starts nothing. The answer 202 means that it is on disk; a webhook that comes
again under its id starts nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from flowlang.backends.border import Host, Incoming
from flowlang.backends.http_server import Handler, Request, Response, plain, take
from flowlang.backends.signatures import standard_fault, twilio_fault
from flowlang.core.json_values import value_of_json
from flowlang.model.values import SECOND, Value

_LARGEST = 256 * 1024  # bytes; a value in a script has not many more
_MOST_FIELDS = 1_000
_HIDDEN = frozenset(
    {"authorization", "cookie", "proxy-authorization", "webhook-signature", "x-twilio-signature"}
)
_IDS = {"standard": "webhook-id", "twilio": "i-twilio-idempotency-token"}
"""What names a webhook: the same each time that it is sent."""


@dataclass(frozen=True, slots=True)
class Hook:
    """`keys` are for `standard`, any of them; `token` and `url`, as the sender writes it, for `twilio`."""

    name: str
    verify: Literal["standard", "twilio", "none"]
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    token: str = field(default="", repr=False)
    url: str = ""

    def fault(
        self, request: Request, body: bytes, form: list[tuple[str, str]] | None, now: float
    ) -> str | None:
        """Why a request is not from whom it should be."""
        match self.verify:
            case "standard":
                return standard_fault(self.keys, request.headers, body, now)
            case "twilio":
                url = self.url + (f"?{request.query}" if request.query else "")
                given = request.headers.get("x-twilio-signature", "")
                return twilio_fault(self.token, url, given, form, body)
            case "none":
                return None


def hook_handler(hook: Hook, host: Callable[[], Host], new_id: Callable[[], str]) -> Handler:
    """What takes it in."""

    async def taken(request: Request) -> Response:
        body = await request.read(_LARGEST)
        if body is None:
            return plain(413)
        try:
            form = _form(request, body)
        except ValueError:
            return plain(400, "a form has fewer fields")
        why = hook.fault(request, body, form, host().now() / SECOND)
        if why is not None:
            return plain(401, why)
        text = body.decode("utf-8", "replace")
        headers: dict[str, Value] = {
            name: value for name, value in request.headers.items() if name not in _HIDDEN
        }
        value: Value = dict(form) if form is not None else value_of_json(text)
        data: dict[str, Value] = {"data": value, "text": text, "headers": headers}
        name = request.headers.get(_IDS.get(hook.verify, ""))
        if name:
            data["id"] = f"{hook.name}/{name[:200]}"
        incoming = Incoming("webhook", f"/{hook.name}", request.client, f"webhook-{new_id()}", data=data)
        match await take(host(), incoming):
            case "kept":
                return plain(202)
            case "nobody":
                return plain(404, "no flow takes this")
            case "later":
                return plain(503, headers={"retry-after": "5"})

    return taken


def _form(request: Request, body: bytes) -> list[tuple[str, str]] | None:
    """The fields of a form; `None` where it is none. Raises `ValueError`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
