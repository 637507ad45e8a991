"""The values that `store.get`, `store.put` and `store.add` keep, in the data folder. `flow serve` has them
where no section of `flow.toml` has another place for them."""

from __future__ import annotations

from flowlang.backends.group_commit import FileError
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.shapes import Table

from .backend import StoredValues

__all__ = ["KIND", "StoredValues"]


def _make(section: Section) -> StoredValues:
    try:
        return StoredValues(section.surroundings.data, section.surroundings.sealing)
    except FileError as error:
        raise SettingsError(str(error)) from None


KIND = BackendKind(
    "The values of `store.get`, `store.put` and `store.add`.",
    Table({}),
    _make,
    {"store": None},
    serves=lambda _: {},
)
