"""What a gateway calls us for: a text message that came in, and what became of one that went out.

Each call is verified before it means anything, and answered as taken when it is on disk.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from flowlang.backends.border import Host, Incoming
from flowlang.backends.http_server import Request, Response, plain, take
from flowlang.backends.signatures import standard_fault, twilio_fault
from flowlang.core.json_values import value_of_json, whole_text
from flowlang.model.addresses import sender_of
from flowlang.model.values import SECOND, Value

from .form import Callbacks, found_at

_LARGEST = 64 * 1024
_MOST_FIELDS = 200
_LONGEST = 4_000  # characters: more than ten parts of a text message (3GPP TS 23.040 has 255)


@dataclass(frozen=True, slots=True)
class Secrets:
    """`token` for Twilio's form and for `bearer`, `key` for Standard Webhooks."""

    token: str = field(default="", repr=False)
    key: bytes = field(default=b"", repr=False)


class Receiver:
    """`public` is our address as the gateway knows it, down to the section's name."""

    def __init__(
        self,
        callbacks: Callbacks,
        secrets: Secrets,
        public: str,
        host: Callable[[], Host],
        new_id: Callable[[], str],
    ) -> None:
        self._form = callbacks
        self._secrets = secrets
        self._public = public
        self._host = host
        self._new_id = new_id

    async def message(self, request: Request) -> Response:
        """A text message came in."""
        fields = await self._fields(request, "received")
        if isinstance(fields, Response):
            return fields
        form = self._form
        source = sender_of("sms", _get(fields, form.source))
        ours = sender_of("sms", _get(fields, form.to))
        if source is None or ours is None:
            return plain(400, "who sends, or to whom, is no address")
        text = whole_text(_get(fields, form.text)[:_LONGEST])
        message = _get(fields, form.id) or f"{self._new_id()}"
        data: dict[str, Value] = {"text": text, "subject": None, "id": message}
        incoming = Incoming("sms", ours, source, f"sms-{self._new_id()}", data=data)
        match await take(self._host(), incoming):
            case "kept":
                return Response(200, form.answer.encode(), form.answer_kind)
            case "nobody":
                return plain(404, "no flow takes this")
            case "later":
                return plain(503, headers={"retry-after": "5"})

    async def status(self, request: Request) -> Response:
        """Something became of a message."""
        fields = await self._fields(request, "status")
        if isinstance(fields, Response):
            return fields
        form = self._form
        status = form.statuses.get(_get(fields, form.status).lower())
        message = _get(fields, form.report_id)
        if status is not None and message:
            reason = _get(fields, form.reason) if form.reason is not None else ""
            self._host().report(message, status, reason or None)
        return Response(200, form.answer.encode(), form.answer_kind)

    async def _fields(self, request: Request, which: str) -> object:
        """The call as a map, or what is answered in its place."""
        body = await request.read(_LARGEST)
        if body is None:
            return plain(413)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        text = body.decode("utf-8", "replace")
        pairs: list[tuple[str, str]] | None = None
        if kind == "application/x-www-form-urlencoded":
            try:
                pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
            except ValueError:
                return plain(400)
        fault = self._fault(request, which, body, pairs)
        if fault is not None:
            return plain(401, fault)
        return dict(pairs) if pairs is not None else value_of_json(text)

    def _fault(
        self, request: Request, which: str, body: bytes, pairs: list[tuple[str, str]] | None
    ) -> str | None:
        secrets = self._secrets
        match self._form.verify:
            case "twilio":
                url = f"{self._public}/{which}" + (f"?{request.query}" if request.query else "")
                given = request.headers.get("x-twilio-signature", "")
                return twilio_fault(secrets.token, url, given, pairs, body)
            case "standard":
                return standard_fault([secrets.key], request.headers, body, self._host().now() / SECOND)
            case "bearer":
                wanted = f"Bearer {secrets.token}".encode()
                given = request.headers.get("authorization", "").encode("latin-1", "replace")
                return None if hmac.compare_digest(given, wanted) else "it has another token"
            case "none":
                return None


def _get(fields: object, way: str) -> str:
    """A field, or what stands at a way through JSON."""
    return found_at(fields, (way,)) or found_at(fields, tuple(way.split("."))) or ""
