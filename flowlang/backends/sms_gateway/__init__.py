"""Text messages by a gateway over HTTP. Its form is Twilio's, or a table; what that does not say of callbacks
is as Twilio has it. `docs/backends.md` shows both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from flowlang.backends.border import BackendError
from flowlang.backends.http_client import EVERYWHERE, ClientSettings
from flowlang.backends.http_server import LISTEN, check_server, server_of
from flowlang.backends.on_wire import OnWire
from flowlang.backends.signatures import SecretError, standard_key
from flowlang.model.action import Names
from flowlang.model.addresses import fault_of_url, sender_of
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.secrets import Hidden
from flowlang.project.shapes import Choice, File, Flag, Named, Table, Text, TextOr, Told

from .backend import SmsGatewayBackend
from .callbacks import Secrets
from .form import TWILIO, Callbacks, Form, FormError, Status

__all__ = ["KIND", "TWILIO", "Callbacks", "Form", "Secrets", "SmsGatewayBackend"]

_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_VALUE = re.compile(r"[ -~]{0,1000}")
_FIELD = re.compile(r"[!-~]{1,100}")
_WORD = re.compile(r"[!-~]{1,60}")


def _written(section: Section) -> tuple[Form, str]:
    """The form, and the address of ours, as far as the settings alone tell whether they are right."""
    given = section.settings
    form = TWILIO if given["form"] == "twilio" else _form(given["form"])
    source = sender_of("sms", given["from"])
    if source is None:
        raise SettingsError(f"`{given['from']}` is no number, short code or name that sends texts", "from")
    if "listen" in given and "public_url" not in given:
        raise SettingsError("callbacks need the `public_url` that the gateway is told", "listen")
    if "listen" in given:
        check_server(section)
    if form.needs_account and not given.get("account"):
        raise SettingsError("this form needs the `account` at the gateway", "form")
    if given["token"]:  # else it is not here
        _key(section, form)
    return form, source


def _key(section: Section, form: Form) -> bytes:
    if "listen" not in section.settings or form.callbacks.verify != "standard":
        return b""
    try:
        return standard_key(str(section.settings["token"]))
    except SecretError as error:
        raise SettingsError(str(error), "token") from None


def _serves(section: Section) -> Names:
    return {"sms": None} if "listen" in section.settings else {}


def _make(section: Section) -> SmsGatewayBackend:
    given, served = section.settings, "listen" in section.settings
    form, source = _written(section)
    token = str(given["token"])
    data = section.surroundings.data
    on_wire = OnWire(data / f"sms_gateway-{section.name}.sent" if data is not None else None)
    try:
        return SmsGatewayBackend(
            section.name,
            form,
            source=source,
            account=given.get("account", ""),
            secrets=Secrets(token, _key(section, form)),
            server=server_of(section) if served else None,
            public=given.get("public_url", "").rstrip("/"),
            client=ClientSettings(EVERYWHERE),  # the operator has written the address down
            ca_file=str(section.surroundings.folder / given["ca_file"]) if "ca_file" in given else None,
            on_wire=on_wire,
        )
    except BackendError as error:
        raise SettingsError(str(error), "ca_file") from None
    except ValueError as error:
        raise SettingsError(str(error), "listen") from None


def _form(given: Mapping[str, Any]) -> Form:
    settings = dict(given)
    told: dict[str, Any] = dict(settings.pop("callbacks", {}))
    if "answer" in told:
        told.setdefault("answer_kind", Callbacks().answer_kind)
    callbacks = replace(TWILIO.callbacks, **told)
    for name in ("id", "code"):
        if name in settings:
            settings[name] = tuple(settings[name].split("."))
    try:
        form = Form(**settings, callbacks=callbacks)
        fault = fault_of_url(form.address({"account": "x", "token": "x"}))
    except FormError as error:
        raise SettingsError(str(error), "form") from None
    if fault is not None:
        raise SettingsError(f"`{form.url}` is no address: {fault}", "form", "url")
    for place in ("{to}", "{text}"):
        if not any(place in each for each in form.fields.values()):
            raise SettingsError(f"no field has `{place}`: the gateway is not told it", "form", "fields")
    return form


_field = Text("the name of a field, or names with dots between, down into JSON", _FIELD)
_CALLBACKS = Table(
    {
        "verify": Told(Choice(("twilio", "standard", "bearer", "none")), "how the gateway proves itself"),
        "source": Told(_field, "of a message: who sent it; `From`"),
        "to": Told(_field, "to which of our numbers; `To`"),
        "text": Told(_field, "what it says; `Body`"),
        "id": Told(_field, "what names it; `MessageSid`"),
        "report_id": Told(_field, "of a report: the id of the message that went out; `MessageSid`"),
        "status": Told(_field, "what became of it; `MessageStatus`"),
        "reason": Told(_field, "why; `ErrorCode`"),
        "statuses": Told(
            Named(
                Told(Choice(get_args(Status)), "what a word of the gateway's means"),
                "a table of the gateway's words",
                _WORD,
            ),
            "which words of `status` mean what, others mean nothing; Twilio's words",
        ),
        "answer": Told(Text(), "what the gateway wants to hear; `<Response/>` as `text/xml`"),
        "answer_kind": Told(Text("a media type", _VALUE), "the kind of that; `text/plain`"),
    }
)
_FORM = Table(
    {
        "url": Told(Text(), "where messages are posted to; `{account}` and `{token}` are filled in"),
        "encoding": Told(Choice(("form", "json")), "of the request; `form`"),
        "fields": Told(
            Named(
                Told(Text(), "its value, with `{to}`, `{from}`, `{text}`, `{key}`, `{status_url}`"),
                "a table of fields",
                _FIELD,
            ),
            "of the request; a name with dots leads down into JSON",
        ),
        "headers": Told(
            Named(
                Told(Text("a line in ASCII", _VALUE), "its value, with `{account}` and `{token}`"),
                "a table of headers",
                _HEADER,
            ),
            "of the request",
        ),
        "basic": Told(Flag(), "whether account and token go as HTTP's Basic authentication; false"),
        "id": Told(_field, "where the answer has the message's id"),
        "code": Told(_field, "where it says what went wrong"),
        "callbacks": Told(_CALLBACKS, "what the gateway posts to us; what is not said is as Twilio has it"),
    },
    frozenset({"url", "fields", "id"}),
)

KIND = BackendKind(
    "Text messages by a gateway over HTTP, Twilio's form or another.",
    Table(
        {
            "form": Told(
                TextOr(Text('"twilio", or a table', re.compile("twilio")), _FORM),
                "how the gateway is spoken to",
            ),
            "account": Told(Text(), "our account there"),
            "token": Told(Hidden(), "its password; a key of Standard Webhooks where they sign callbacks"),
            "from": Told(Text(), "who sends, where a script does not say: a number, short code or name"),
            "ca_file": Told(File(), "authorities whose certificates count, beside the system's"),
            **LISTEN,
        },
        frozenset({"form", "token", "from"}),
    ),
    _make,
    {"sms": None},
    _written,
    _serves,
)
