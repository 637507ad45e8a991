"""The web: webhooks in, and chat with people on a page. `docs/backends.md` shows what an operator sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flowlang.backends.group_commit import FileError
from flowlang.backends.http_server import LISTEN, check_server, server_of
from flowlang.backends.signatures import SecretError, standard_key
from flowlang.model.action import Names
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.secrets import Hidden
from flowlang.project.shapes import Choice, Integer, Items, Named, Table, Text, Told

from .backend import WebBackend
from .hooks import Hook

__all__ = ["KIND", "Hook", "WebBackend"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def _check(section: Section) -> None:
    """What the settings alone tell."""
    given = section.settings
    if not given.get("hooks") and "chat" not in given:
        raise SettingsError("it serves nothing: give it `hooks` or a `chat`")
    check_server(section, [f"/hooks/{name}" for name in given.get("hooks", {})])
    for name, each in given.get("hooks", {}).items():
        if all(each.get(secret, True) for secret in ("secret", "older_secret")):  # else it is not here
            _hook(name, each, "")


def _serves(section: Section) -> Names:
    hooks, chat = section.settings.get("hooks"), section.settings.get("chat")
    served = {"webhook": frozenset(f"/{name}" for name in hooks)} if hooks else {}
    return served | ({"chat": frozenset({f"chat:{chat.get('name', 'web')}"})} if chat is not None else {})


def _make(section: Section) -> WebBackend:
    _check(section)
    given = section.settings
    public = given.get("public_url", f"http://{given['listen']}").rstrip("/")
    hooks = [_hook(name, each, public) for name, each in given.get("hooks", {}).items()]
    chat: Mapping[str, Any] | None = given.get("chat")
    more = dict(chat) if chat is not None else {}
    name = more.pop("name", "web") if chat is not None else None
    try:
        return WebBackend(
            server_of(section), hooks=hooks, chat=name, data=section.surroundings.data,
            public=given.get("public_url"), sealing=section.surroundings.sealing, **more,
        )  # fmt: skip
    except (ValueError, FileError) as error:
        raise SettingsError(str(error), *(() if isinstance(error, FileError) else ("listen",))) from None


def _hook(name: str, given: Mapping[str, Any], public: str) -> Hook:
    secrets = [str(given[each]) for each in ("secret", "older_secret") if each in given]
    if given["verify"] == "none":
        return Hook(name, "none")
    if not secrets:
        raise SettingsError(f'`verify = "{given["verify"]}"` needs a `secret`', "hooks", name, "verify")
    if given["verify"] == "twilio":
        return Hook(name, "twilio", token=secrets[0], url=f"{public}/hooks/{name}")
    try:
        return Hook(name, "standard", tuple(map(standard_key, secrets)))
    except SecretError as error:
        raise SettingsError(str(error), "hooks", name, "secret") from None


_HOOK = Table(
    {
        "verify": Told(Choice(("standard", "twilio", "none")), "how its sender proves himself"),
        "secret": Told(Hidden(), "what he signs with"),
        "older_secret": Told(Hidden(), "what also counts, while a secret is changed"),
    },
    frozenset({"verify"}),
)
_CHAT = Table(
    {
        "name": Told(Text("a name: letters, digits, `_` and `-`", _NAME), "what routes call it: `to`; `web`"),
        "title": Told(Text(), "stands above the page; `Chat`"),
        "origins": Told(
            Items(Text('a site, as in "https://clinic.example"', _ORIGIN), "a list of sites"),
            "that may show the page inside theirs",
        ),
        "pages": Told(Integer(1, 1_000_000), "how many may be open at once; 10,000"),
        "newcomers": Told(Integer(1, 1_000_000), "how many may come in a minute; 600"),
    }
)

KIND = BackendKind(
    "Webhooks in, and chat on a web page.",
    Table(
        {
            **LISTEN,
            "hooks": Told(
                Named(
                    Told(_HOOK, '`POST /hooks/NAME` is for `route webhook to "/NAME"`'),
                    "a table of webhooks",
                    _NAME,
                ),
                "what may be posted here",
            ),
            "chat": Told(_CHAT, "the page `/chat`"),
        },
        frozenset({"listen"}),
    ),
    _make,
    {"chat": "chat"},
    _check,
    _serves,
)
