"""What an operator sets of pyVoIP, which the extra `flowlang[pyvoip]` brings; `docs/backends.md` shows it."""

from __future__ import annotations

from typing import cast

from flowlang.model.addresses import is_e164
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.secrets import Hidden
from flowlang.project.shapes import Integer, Items, Table, Text, Told

from .backend import OpenPhone, PyVoipBackend
from .settings import PhoneSettings


def open_phone() -> OpenPhone:
    """What makes phones. Raises `ImportError` where the extra is not installed."""
    from .phone import RegisteredPhone

    return cast("OpenPhone", RegisteredPhone)


def _check(section: Section) -> None:
    """What the settings alone tell."""
    given = section.settings
    for name in ("server", "user"):
        if not given[name].isascii() or not all(each.isalnum() or each in ".-_+" for each in given[name]):
            raise SettingsError("letters, digits and `.-_+` alone", name)
    number = given.get("number")
    if number is not None and not is_e164(number):
        raise SettingsError('a number as "+16062067563"', "number")
    ports = given.get("rtp_ports", (0, 1))
    if len(ports) != 2 or ports[0] >= ports[1]:
        raise SettingsError("the first port and the last", "rtp_ports")


def _make(section: Section) -> PyVoipBackend:
    _check(section)
    given = section.settings
    ports = given.get("rtp_ports", PhoneSettings.__dataclass_fields__["rtp_ports"].default)
    try:
        opened = open_phone()
    except ImportError:
        raise SettingsError("it needs pyVoIP: `pip install flowlang[pyvoip]`") from None
    settings = PhoneSettings(
        given["server"], given["user"], given["password"], given.get("port", 5060), given.get("number"),
        given.get("address"), given.get("local_port", 0), ports,
    )  # fmt: skip
    around = section.surroundings
    return PyVoipBackend(settings, opened, voice=around.voice, prompts=around.folder, via=section.name)


KIND = BackendKind(
    "Calls by pyVoIP, as a phone that registers, with the extra `pyvoip`.",
    Table(
        {
            "server": Told(Text(), "where the phone registers"),
            "port": Told(Integer(1, 65_535), "of that server; 5060"),
            "user": Told(Text(), "as whom"),
            "password": Told(Hidden(), "the user's"),
            "number": Told(Text(), "what scripts see as called; else `sip:USER@SERVER`"),
            "address": Told(Text("an IPv4 address"), "ours, where it is not the one that faces the server"),
            "local_port": Told(Integer(1, 65_535), "ours; else any"),
            "rtp_ports": Told(
                Items(Integer(1_024, 65_535), "the first port and the last"), "for sound; 40000 to 49998"
            ),
        },
        frozenset({"server", "user", "password"}),
    ),
    _make,
    {},
    _check,
    lambda section: {"via": frozenset({section.name})},
)
