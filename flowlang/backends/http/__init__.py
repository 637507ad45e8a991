"""The HTTP client: `http.get`, `http.post`, `http.put`, `http.delete` and `webhook`. `docs/backends.md` shows
what an operator sets."""

from __future__ import annotations

import re
from typing import Any

from flowlang.backends.border import BackendError
from flowlang.backends.http_client import ClientSettings, Network, Patience, network
from flowlang.backends.signatures import SecretError, standard_key
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.secrets import Hidden
from flowlang.project.shapes import Choice, File, Integer, Items, Table, Text, Told

from .backend import HttpBackend, HttpSettings, Signing

__all__ = ["KIND", "HttpBackend", "HttpSettings", "Signing"]


def _make(section: Section) -> HttpBackend:
    given = section.settings
    ca_file = given.get("ca_file")
    settings = HttpSettings(
        client=ClientSettings(
            allowed=_networks(given.get("private", ())),
            patience=Patience(given.get("attempts", 4)),
            at_once=given.get("at_once", 100),
            most_bytes=given.get("largest_answer", 1_000_000),
        ),
        signing=_signing(given.get("webhooks")),
        ca_file=str(section.surroundings.folder / ca_file) if ca_file is not None else None,
    )
    try:
        return HttpBackend(settings)
    except BackendError as error:
        raise SettingsError(str(error), "ca_file") from None


def _check(section: Section) -> None:
    """What the settings alone tell."""
    _networks(section.settings.get("private", ()))
    webhooks = section.settings.get("webhooks")
    if webhooks is not None and webhooks["secret"]:
        _signing(webhooks)


def _networks(given: tuple[str, ...]) -> tuple[Network, ...]:
    found = [network(each) for each in given]
    for place, each in enumerate(found):
        if each is None:
            raise SettingsError(
                f"`{given[place]}` is no network; one looks like 10.1.2.0/24", "private", place
            )
    return tuple(each for each in found if each is not None)


def _signing(given: Any) -> Signing | None:
    if given is None:
        return None
    if given.get("form", "standard") == "twilio":
        return Signing(token=given["secret"])
    try:
        return Signing(key=standard_key(given["secret"]))
    except SecretError as error:
        raise SettingsError(str(error), "webhooks", "secret") from None


_NETWORK = Text("a network, as in 10.1.2.0/24", re.compile(r"[0-9A-Fa-f:.]+(/[0-9]+)?"))
_WEBHOOKS = Table(
    {
        "form": Told(Choice(("standard", "twilio")), "of the signature; `standard` is Standard Webhooks"),
        "secret": Told(Hidden(), "what is signed with"),
    },
    frozenset({"secret"}),
)

KIND = BackendKind(
    "Requests to other machines, and webhooks out.",
    Table(
        {
            "private": Told(
                Items(_NETWORK, "a list of networks"), "what may be reached beside public addresses"
            ),
            "attempts": Told(Integer(1, 20), "how often one request is sent at most; 4"),
            "at_once": Told(Integer(1, 10_000), "how many connections there may be; 100"),
            "largest_answer": Told(Integer(1_000, 50_000_000), "bytes of an answer; 1,000,000"),
            "ca_file": Told(File(), "authorities whose certificates count, beside the system's"),
            "webhooks": Told(_WEBHOOKS, "how `webhook` signs; without it it sends nothing"),
        }
    ),
    _make,
    {"http": None},
    _check,
    lambda _: {},
)
