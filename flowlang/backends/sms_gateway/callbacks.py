"""What a gateway calls us for: a text message that came in, and what became of one that went out.

Each call is verified before it means anything, and answered as taken when it is on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flowlang.backends.border import Host, Incoming
from flowlang.backends.http_server import Request, Response, answered, plain, reported
from flowlang.backends.posted import Posted, Proof, posted
from flowlang.core.json_values import whole_text
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


class CallbackHandlers:
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
        self._understood = Response(200, callbacks.answer.encode(), callbacks.answer_kind)

    async def message(self, request: Request) -> Response:
        """A text message came in."""
        fields = await self._fields(request, "received")
        if isinstance(fields, Response):
            return fields
        form = self._form
        given = _get(fields, form.source), _get(fields, form.to)
        source, ours = (sender_of("sms", each) for each in given)
        text = whole_text(_get(fields, form.text)[:_LONGEST])
        message = _get(fields, form.id) or f"{self._new_id()}"
        data: dict[str, Value] = {"text": text, "subject": None, "id": message}
        name = f"sms-{self._new_id()}"
        if source is None or ours is None:
            came_from, to = (f"sms:{whole_text(each)}" for each in given)
            why = "who sends, or to whom, is no address"
            self._host().refused(Incoming("sms", to, came_from, name, data=data), why)
            return plain(400, why)
        incoming = Incoming("sms", ours, source, name, data=data)
        return await answered(self._host(), incoming, self._understood)

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
            return await reported(self._host(), message, status, reason or None, self._understood)
        return self._understood

    async def _fields(self, request: Request, which: str) -> Value | Response:
        """The call as a map, or what is answered in its place."""
        secrets = self._secrets
        keys = (secrets.key,) if secrets.key else ()
        proof = Proof(self._form.verify, keys, secrets.token, f"{self._public}/{which}")
        now = self._host().now() / SECOND
        given = await posted(request, proof, now, largest=_LARGEST, fields=_MOST_FIELDS)
        return given.value if isinstance(given, Posted) else given


def _get(fields: object, way: str) -> str:
    """A field, or what stands at a way through JSON."""
    return found_at(fields, (way,)) or found_at(fields, tuple(way.split("."))) or ""
