"""What an operator sets of notices, for which the extra `flowlang[notify]` brings apprise; `docs/backends.md`
shows it."""

from __future__ import annotations

from flowlang.backends.on_wire import OnWire
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.secrets import Hidden
from flowlang.project.sections import NAME
from flowlang.project.shapes import Named, Table, Told

from .backend import NotifyBackend, Service, service


def _make(section: Section) -> NotifyBackend:
    services: dict[str, Service] = {}
    for name, url in section.settings["services"].items():
        try:
            made = service(url)
        except ImportError:
            raise SettingsError("notices need apprise: `pip install flowlang[notify]`") from None
        if made is None:
            raise SettingsError("apprise knows no service by this address", "services", name)
        services[name] = made
    data = section.surroundings.data
    return NotifyBackend(services, OnWire(data / f"notify-{section.name}.sent" if data is not None else None))


KIND = BackendKind(
    "Notices by apprise's services, with the extra `notify`.",
    Table(
        {
            "services": Told(
                Named(Told(Hidden(), "an address as apprise has them"), "a table of services", NAME),
                'where `notify "…", to: "NAME"` goes; without `to` to `default`',
            )
        },
        frozenset({"services"}),
    ),
    _make,
    {"notify": None},
    serves=lambda section: {"notify": frozenset(section.settings["services"])},
)
