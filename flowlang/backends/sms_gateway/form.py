"""The form of a gateway, as data: what a request to send looks like, where its answer has the message's id,
and what its callbacks are made of. Twilio's is here; others are a table in `flow.toml`.

A template has places such as `{to}`. They are filled only where a value is encoded as a whole, as a field of
a form or a text of JSON: nothing that a script sends becomes a header, a path, or a second field.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from urllib.parse import quote, urlencode

PLACES = ("to", "from", "text", "key", "status_url", "account", "token")
"""`key` names the sending; `status_url` is where the gateway tells what became of it."""
FIXED = ("account", "token")
"""What may stand in the address and in headers: the operator's own."""

_LONGEST = 4_000
_PLACE = re.compile(r"\{([a-z_]+)\}")

Status = Literal["sent", "delivered", "failed", "read"]


class FormError(ValueError):
    """A template has a place that there is not, or fields do not fit into one another."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The names of fields, `None` for none; `statuses` turns the gateway's words into ours, others mean
    nothing. `answer` is what it wants to hear."""

    source: str = "From"
    to: str = "To"
    text: str = "Body"
    id: str = "MessageSid"
    report_id: str = "MessageSid"
    status: str = "MessageStatus"
    reason: str | None = "ErrorCode"
    statuses: Mapping[str, Status] = field(default_factory=dict[str, Status])
    verify: Literal["twilio", "standard", "bearer", "none"] = "twilio"
    answer: str = ""
    answer_kind: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Form:
    """`id` is the way to the message's id in the answer's JSON, `code` to what went wrong."""

    url: str
    fields: Mapping[str, str]
    id: tuple[str, ...]
    encoding: Literal["form", "json"] = "form"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    basic: bool = False
    code: tuple[str, ...] = ()
    callbacks: Callbacks = field(default_factory=Callbacks)

    def __post_init__(self) -> None:
        for each in (self.url, *self.headers.values()):
            _check(each, FIXED)
        for name, each in self.fields.items():
            _check(each, PLACES)
            outer = next((other for other in self.fields if name.startswith(f"{other}.")), None)
            if self.encoding == "json" and outer is not None:
                raise FormError(f"`{outer}` cannot be a text and hold `{name}`")

    @property
    def needs_account(self) -> bool:
        """Whether it says who sends by `account`."""
        texts = (self.url, *self.headers.values(), *self.fields.values())
        return self.basic or any("{account}" in each for each in texts)

    def address(self, given: Mapping[str, str]) -> str:
        """Where to post."""
        return _filled(self.url, {name: quote(given[name], safe="") for name in FIXED})

    def head(self, given: Mapping[str, str]) -> dict[str, str]:
        """Its headers."""
        kind = "application/json" if self.encoding == "json" else "application/x-www-form-urlencoded"
        headers = {"content-type": kind}
        headers |= {name.lower(): _filled(each, given) for name, each in self.headers.items()}
        if self.basic:
            pair = base64.b64encode(f"{given['account']}:{given['token']}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        return headers

    def body(self, given: Mapping[str, str]) -> str:
        """What is posted; a field that is empty is left out."""
        fields = {name: _filled(each, given) for name, each in self.fields.items()}
        fields = {name: value for name, value in fields.items() if value}
        if self.encoding == "form":
            return urlencode(fields)
        nested: dict[str, Any] = {}
        for name, value in fields.items():
            *way, last = name.split(".")
            at = nested
            for step in way:
                at = at.setdefault(step, {})
            at[last] = value
        return json.dumps(nested)


def found_at(answer: object, way: tuple[str, ...]) -> str | None:
    """What stands at a way through JSON."""
    for step in way:
        if isinstance(answer, dict):
            answer = cast("dict[str, object]", answer).get(step)
        elif (
            isinstance(answer, tuple | list)
            and step.isdigit()
            and int(step) < len(cast("list[object]", answer))
        ):
            answer = cast("list[object]", answer)[int(step)]
        else:
            return None
    return str(answer)[:_LONGEST] if way and isinstance(answer, str | int) else None


def _check(template: str, places: tuple[str, ...]) -> None:
    for name in _PLACE.findall(template):
        if name not in places:
            known = ", ".join(f"{{{each}}}" for each in places)
            raise FormError(f"`{{{name}}}` is no place in `{template[:80]}`; there are {known}")


def _filled(template: str, given: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: given.get(match[1], ""), template)


TWILIO = Form(
    url="https://api.twilio.com/2010-04-01/Accounts/{account}/Messages.json",
    fields={"To": "{to}", "From": "{from}", "Body": "{text}", "StatusCallback": "{status_url}"},
    id=("sid",),
    basic=True,
    code=("code",),
    callbacks=Callbacks(
        statuses={
            "sent": "sent",
            "delivered": "delivered",
            "undelivered": "failed",
            "failed": "failed",
            "read": "read",
        },
        answer='<?xml version="1.0" encoding="UTF-8"?><Response/>',
        answer_kind="text/xml; charset=utf-8",
    ),
)
