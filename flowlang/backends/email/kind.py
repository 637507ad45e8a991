"""What an operator sets of e-mail; `docs/backends.md` shows it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from flowlang.backends.border import BackendError
from flowlang.backends.on_wire import OnWire
from flowlang.backends.tls import server_context
from flowlang.model.action import Names
from flowlang.model.addresses import message_address
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.secrets import Hidden
from flowlang.project.shapes import HOST, Choice, File, Integer, Items, Seconds, Table, Text, Told

from .attachable import Attachable
from .backend import EmailBackend
from .compose import Writer
from .imap import ImapMailbox
from .incoming import Receiver
from .listener import SmtpListener
from .sender import Sender
from .settings import Patience, Server
from .smtp_session import Limits

_SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}  # RFC 8314 §3.3, RFC 6409 §3.1
_IMAP_PORTS = {"starttls": 143, "tls": 993, "none": 143}

_PORT = Integer(1, 65_535)
_SECURITY = Choice(("starttls", "tls", "none"))
_SERVER = {
    "host": Told(HOST, "the server; its certificate has to be for this name"),
    "port": Told(_PORT, "where it is not the usual one"),
    "security": Told(_SECURITY, "`starttls` for SMTP and `tls` for IMAP, unless said"),
    "user": Told(Text(), "who logs in"),
    "password": Told(Hidden(), "his password; it goes out encrypted or not at all"),
    "ca_file": Told(File(), "authorities whose certificates count, beside the system's"),
    "timeout": Told(Seconds(1, 600), "how long the server may take to answer; 60"),
}
_SMTP = Table(
    {
        **_SERVER,
        "connections": Told(Integer(1, 50), "how many at once; 4"),
        "give_up": Told(
            Seconds(0, 7 * 86_400), "how long a mail may wait for a server that is busy or away; 3,600"
        ),
    },
    frozenset({"host"}),
)
_IMAP = Table(
    {
        **_SERVER,
        "address": Told(Text(), "whose mailbox it is"),
        "folder": Told(Text(), "what is looked into; `INBOX`"),
        "every": Told(Seconds(1, 86_400), "from look to look, where the server cannot tell of new mail; 60"),
    },
    frozenset({"host", "address", "user", "password"}),
)
_LISTENER = Table(
    {
        "addresses": Told(
            Items(Text("an address, or `@` and a domain"), "a list of addresses, or `@` and domains"),
            "for whom it takes mail",
        ),
        "port": Told(Integer(0, 65_535), "where it listens; 25"),
        "bind": Told(Text(), "at which address of this machine; `0.0.0.0`"),
        "name": Told(Text(), "how it greets; `localhost`"),
        "certificate": Told(File(), "with it STARTTLS is offered"),
        "key": Told(File(), "the certificate's, where it is not in the same file"),
    },
    frozenset({"addresses"}),
)


def _check(section: Section) -> None:
    """What the settings alone tell."""
    given = section.settings
    if not given.keys() & {"smtp", "listener", "imap"}:
        raise SettingsError("it has neither `smtp` nor `listener` nor `imap`")
    if "smtp" in given and "from" not in given:
        raise SettingsError("it sends by `smtp`, so it needs `from`, the address that mails are from")
    if "from" in given:
        _address(given["from"], "from")
    if "imap" in given:
        _address(given["imap"]["address"], "imap", "address")
    for place, each in enumerate(given.get("listener", {}).get("addresses", ())):
        if message_address("email", f"x{each}" if each.startswith("@") else each) is None:
            raise SettingsError(f"`{each[:80]}` is no e-mail address", "listener", "addresses", place)
    _servers(section)
    _attachable(section)


def _serves(section: Section) -> Names:
    """The addresses to which mails come."""
    given = section.settings
    listed = given.get("listener", {}).get("addresses", ())
    ours = [f"*{each}" if each.startswith("@") else each for each in listed]
    ours += [given["imap"]["address"]] if "imap" in given else []
    served = frozenset(f"mailto:{each.removeprefix('mailto:')}" for each in ours)
    return {"email": served} if served else {}


def _make(section: Section) -> EmailBackend:
    _check(section)
    given, folder, data = section.settings, section.surroundings.folder, section.surroundings.data
    largest = given.get("largest", 20 * 2**20)
    servers = _servers(section)
    for name, server in servers.items():
        try:
            server.context()
        except BackendError as error:
            raise SettingsError(str(error), name, "ca_file") from None
    receivers: list[Receiver] = []
    if (listener := given.get("listener")) is not None:
        receivers.append(_listener(listener, folder, largest))
    if (imap := given.get("imap")) is not None:
        server = servers["imap"]
        rest = {"folder": imap.get("folder", "INBOX"), "every": imap.get("every", 60.0), "most": largest}
        receivers.append(ImapMailbox(server, _address(imap["address"], "imap", "address"), **rest))
    if (smtp := given.get("smtp")) is None:
        return EmailBackend(receivers=receivers)
    attachable = _attachable(section)
    writer = Writer(_address(given["from"], "from"), given.get("name", ""), attachable, largest)
    patience = Patience(give_up=smtp.get("give_up", Patience.give_up))
    sender = Sender(
        servers["smtp"],
        connections=smtp.get("connections", 4),
        ehlo=writer.sender.rpartition("@")[2],
        on_wire=OnWire(data / f"email-{section.name}.sent" if data is not None else None),
        patience=patience,
    )
    return EmailBackend(writer, sender, receivers)


def _attachable(section: Section) -> Attachable:
    folder, data = section.surroundings.folder, section.surroundings.data
    folders = tuple(folder / each for each in section.settings.get("attachments", ()))
    for place, each in enumerate(folders):
        for held, what in ((folder, "`flow.toml`"), (data, "what `flow serve` keeps")):
            if held is not None and held.resolve().is_relative_to(each.resolve()):
                why = f"this folder has {what} in it; name one that has nothing but what may be attached"
                raise SettingsError(why, "attachments", place)
    return Attachable(folders, folder, section.surroundings.secret_files)


def _address(given: str, *where: str) -> str:
    address = message_address("email", given)
    if address is None:
        raise SettingsError(f"`{given[:80]}` is no e-mail address", *where)
    return address


def _servers(section: Section) -> dict[str, Server]:
    """Those that it logs in to, `smtp` and `imap`."""
    folder, found = section.surroundings.folder, dict[str, Server]()
    for name, ports, usual in (("smtp", _SMTP_PORTS, "starttls"), ("imap", _IMAP_PORTS, "tls")):
        given: dict[str, Any] | None = section.settings.get(name)
        if given is None:
            continue
        security = given.get("security", usual)
        ca_file = folder / given["ca_file"] if "ca_file" in given else None
        try:
            found[name] = Server(
                given["host"], given.get("port", ports[security]), security, given.get("user"),
                given.get("password"), ca_file, given.get("timeout", 60.0),
            )  # fmt: skip
        except ValueError as error:
            raise SettingsError(str(error), name, "security") from None
    return found


def _listener(given: dict[str, Any], folder: Path, largest: int) -> SmtpListener:
    context: ssl.SSLContext | None = None
    if "certificate" in given:
        key = folder / given["key"] if "key" in given else None
        try:
            context = server_context(folder / given["certificate"], key)
        except BackendError as error:
            raise SettingsError(str(error), "listener", "certificate") from None
    return SmtpListener(
        given["addresses"], port=given.get("port", 25), bind=given.get("bind", "0.0.0.0"),  # noqa: S104
        host=given.get("name", "localhost"), context=context, limits=Limits(size=largest),
    )  # fmt: skip


KIND = BackendKind(
    "E-mail out by SMTP, in by a listener or from an IMAP mailbox.",
    Table(
        {
            "from": Told(Text(), "who sends, where a script does not say; `smtp` needs it"),
            "name": Told(Text(), "stands before that address"),
            "attachments": Told(
                Items(File(), "a list of folders"),
                "of files that may be attached, but keys and secrets; without it none may",
            ),
            "largest": Told(Integer(10_000, 200_000_000), "bytes of a mail, out and in; 20,971,520"),
            "smtp": Told(_SMTP, "brings mails out"),
            "listener": Told(_LISTENER, "takes mails in, as a server for an MX record"),
            "imap": Told(_IMAP, "fetches mails from a mailbox"),
        }
    ),
    _make,
    {"email": "smtp"},
    _check,
    _serves,
)
