"""Text messages by carrier pigeon: letters are files in a loft, `out` those that leave and `in` those that
come.

In `flow.toml`:

    [backends.birds]
    kind = "pigeon"
    loft = "loft"            # a folder, from that of flow.toml
    from = "+16062067563"
"""

from __future__ import annotations

from flowlang.backends.on_wire import OnWire
from flowlang.model.action import Names
from flowlang.model.addresses import sender_of
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.shapes import Table, Text, Told

from .backend import PigeonBackend

__all__ = ["KIND", "PigeonBackend"]


def _source(section: Section) -> str:
    """Who writes, as far as the settings alone tell whether it is right: `flow check` asks for it, too."""
    source = sender_of("sms", section.settings["from"])
    if source is None:
        raise SettingsError(f"`{section.settings['from']}` is no number that writes", "from")
    return source


def _serves(_section: Section) -> Names:
    """Texts to any number: beside it `flow check` warns of other routes that nothing brings."""
    return {"sms": None}


def _make(section: Section) -> PigeonBackend:
    source = _source(section)
    loft = section.surroundings.folder / section.settings["loft"]
    if loft.exists() and not loft.is_dir():
        raise SettingsError(f"{loft} is no folder", "loft")
    data = section.surroundings.data  # where something may be kept, `None` for nowhere
    on_wire = OnWire(data / f"pigeon-{section.name}.sent" if data is not None else None)
    return PigeonBackend(loft, source, on_wire)


KIND = BackendKind(
    "Text messages by carrier pigeon.",
    Table(
        {
            "loft": Told(Text("a path"), "the folder where letters come and go"),
            "from": Told(Text(), "who writes, where a script does not say"),
        },
        frozenset({"loft", "from"}),
    ),
    _make,
    {"sms": None},  # so that `flow check` knows that scripts may send texts
    _source,
    _serves,
)
