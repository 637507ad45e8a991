"""Webhooks in: `POST /hooks/NAME` starts what `route webhook to "/NAME"` names.

Each says how it is verified: `standard` (Standard Webhooks), `twilio` (Twilio's form), or `none`, which has
to be said. What is not verified starts nothing. The answer 202 means that it is on disk; a webhook that comes
again under its id starts nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from flowlang.backends.border import Host, Incoming
from flowlang.backends.http_server import Handler, Request, Response, answered, plain
from flowlang.backends.posted import Proof, posted
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


def hook_handler(hook: Hook, host: Callable[[], Host], new_id: Callable[[], str]) -> Handler:
    """What takes it in."""
    proof = Proof(hook.verify, hook.keys, hook.token, hook.url)

    async def taken(request: Request) -> Response:
        now = host().now() / SECOND
        given = await posted(request, proof, now, largest=_LARGEST, fields=_MOST_FIELDS)
        if isinstance(given, Response):
            return given
        headers: dict[str, Value] = {
            name: value for name, value in request.headers.items() if name not in _HIDDEN
        }
        data: dict[str, Value] = {"data": given.value, "text": given.text, "headers": headers}
        name = request.headers.get(_IDS.get(hook.verify, ""))
        if name:
            data["id"] = f"{hook.name}/{name[:200]}"
        incoming = Incoming("webhook", f"/{hook.name}", request.client, f"webhook-{new_id()}", data=data)
        return await answered(host(), incoming, plain(202))

    return taken
