"""Backends of a project: from `[backends.NAME]` in `flow.toml`, by way of entry points, to what an engine
runs.

    [backends.texts]
    kind = "sms_gateway"            # the name of an entry point in the group `flowlang.backends`
    token = { env = "SMS_TOKEN" }   # everything else is the kind's own

An entry point names a `BackendKind`: the shape of its settings, and how a backend is made of them. Only kinds
that a project uses are imported. What is wrong with a section is told with its place in `flow.toml`, by the
shape as well as by the kind.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from flowlang.diagnostics import Diagnostic, near_name
from flowlang.model.action import Names, OutletName
from flowlang.model.plain import Sealing
from flowlang.model.policy import NOTHING, Policy
from flowlang.model.speech import Voice

from .hosts import CannotImportError, imported
from .shapes import WRONG, Report, Table, shown

GROUP = "flowlang.backends"

_T = TypeVar("_T")
_Made_co = TypeVar("_Made_co", covariant=True)
_Backend = TypeVar("_Backend")

_BOTH_WAYS = frozenset({"sms", "email"})
"""Outlets of which a second backend is of use: what it takes in comes from elsewhere. The first sends."""

# Ours that are no kinds: where they are instead.
_BY_THEMSELVES = {
    "sip": "`flow serve` has it by itself; its settings stand in `[sip]`",
    "simulator": "`flow test` has it by itself",
    "console": "`flow run` has it by itself",
}


class SettingsError(Exception):
    """A kind cannot make a backend of its section: `message` is one line, `where` the setting, by its
    keys."""

    def __init__(self, message: str, *where: str | int) -> None:
        self.message = message
        self.where = where
        super().__init__(message)


class Shared:
    """What the backends of a project have together, as a listener for HTTP: one thing of each kind and
    name."""

    def __init__(self) -> None:
        self._all: dict[tuple[type[object], Hashable], object] = {}

    def one(self, kind: type[_T], name: Hashable, make: Callable[[], _T]) -> _T:
        """The thing of that name, made where there is none."""
        found = self._all.get((kind, name))
        if not isinstance(found, kind):
            self._all[kind, name] = found = make()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What the backends of a project share. `folder` is where relative paths begin, `data` where something
    may be kept, `None` for nowhere; `policy` is the operator's; `voice` speaks what scripts `say`; `sealing`
    is for secrets that are kept; `secret_files` are those that the settings name."""

    folder: Path
    data: Path | None = None
    policy: Policy = NOTHING
    shared: Shared = field(default_factory=Shared)
    voice: Voice | None = None
    sealing: Sealing | None = None
    secret_files: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A section of `flow.toml`, read by its kind's shape: that, and no type, says what `settings` has."""

    name: str
    settings: Mapping[str, Any]
    surroundings: Surroundings


@dataclass(frozen=True, slots=True)
class BackendKind(Generic[_Made_co]):
    """What an entry point names. `doc` is one line; `settings` the shape of its section without `kind`;
    `make` gives a `flowlang.backends.border.Backend`, or raises `SettingsError`. `outlets` says, for `flow
    check`, which a section has, each with the setting that it takes, `None` for none; without it only what is
    made tells. `check` is the part of `make` that is for `flow check`, too: it raises `SettingsError` for
    what is wrong in the settings alone; it opens nothing, and secrets that are not there are empty. `serves`
    says by what names scripts have what the section brings; without it nobody knows."""

    doc: str
    settings: Table
    make: Callable[[Section], _Made_co]
    outlets: Mapping[OutletName, str | None] | None = None
    check: Callable[[Section], object] | None = None
    serves: Callable[[Section], Names] | None = None


@dataclass(frozen=True, slots=True)
class Installed:
    """A kind as the metadata of its package tell it."""

    name: str
    where: str
    package: str
    version: str


def installed_kinds() -> tuple[Installed, ...]:
    """All that there are, by name; nothing is imported."""
    found = (
        Installed(
            each.name,
            each.value,
            each.dist.name if each.dist else "?",
            each.dist.version if each.dist else "?",
        )
        for each in _entries()
    )
    return tuple(sorted(set(found), key=lambda each: (each.name, each.package)))


def make_backends(
    sections: Mapping[str, Mapping[str, Any]],
    surroundings: Surroundings,
    report: Report,
    of: type[_Backend],
) -> tuple[_Backend, ...]:
    """The backends of `[backends]`, in order, each one `of` that type. What is wrong is in the report."""
    made: list[_Backend] = []
    senders: dict[str, str] = {}
    for name, kind, settings in _read(sections, report):
        path = ("backends", name)
        try:
            backend = kind.make(Section(name, settings, surroundings))
            if not isinstance(backend, of):
                raise SettingsError(
                    f"`{sections[name]['kind']}` made a {type(backend).__name__}, which is no backend"
                )
            made.append(backend)
            _one_for_each(getattr(backend, "outlets", ()), name, senders, report)
        except SettingsError as error:
            report.add("E805", report.extent((*path, *error.where)).value, error.message)
        except Exception as error:  # noqa: BLE001 (the kind may be anybody's)
            what = str(error).partition("\n")[0][:200]
            why = f"`{sections[name]['kind']}` failed: {type(error).__name__}: {what}"
            report.add("E805", report.extent(path).key, why)
    return tuple(made)


def _one_for_each(outlets: Iterable[str], name: str, senders: dict[str, str], report: Report) -> None:
    """Tells of an outlet that an earlier section, as `senders` has it, is for already."""
    for outlet in sorted(outlets):
        first = senders.setdefault(outlet, name)
        if first != name and outlet not in _BOTH_WAYS:
            why = f"`{outlet}` is for `[backends.{first}]` already, and a project has one for it"
            report.add("E805", report.extent(("backends", name)).key, why)


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of `[backends]` without making any. `ours`: all kinds are of this package, and change
    with it alone. `outlets` are those that they have, `names` what they serve by which names: both `None`
    where a kind does not say. `missing` tells of files that are not there; `files` are those that were looked
    for."""

    ours: bool
    outlets: frozenset[str] | None
    names: Names | None = None
    missing: tuple[Diagnostic, ...] = ()
    files: tuple[Path, ...] = ()


def check_backends(sections: Mapping[str, Mapping[str, Any]], report: Report) -> Checked:
    """Reads `[backends]` by the shapes of its kinds and what they check, and makes nothing. What is wrong is
    in the report."""
    outlets: set[str] | None = set()
    names: dict[str, frozenset[str] | None] | None = {}
    senders: dict[str, str] = {}
    surroundings = Surroundings(Path(report.source.name).parent)
    for name, kind, settings in _read(sections, report):
        section = Section(name, settings, surroundings)
        try:
            if kind.check is not None:
                kind.check(section)
            names = _together(names, kind.serves(section) if kind.serves is not None else None)
        except SettingsError as error:
            report.add("E805", report.extent(("backends", name, *error.where)).value, error.message)
        if kind.outlets is None:
            outlets = None
            continue
        found = {each for each, needs in kind.outlets.items() if needs is None or needs in settings}
        _one_for_each(found, name, senders, report)
        if outlets is not None:
            outlets |= found
    used = {str(given.get("kind")) for given in sections.values()}
    ours = all(each.value.startswith("flowlang.") for kind in used for each in _entries(kind))
    return Checked(
        ours,
        frozenset(outlets) if outlets is not None else None,
        names,
        tuple(sorted(_missing(report), key=lambda each: each.span)),
        tuple(each for _, each in report.files),
    )


def _together(
    names: dict[str, frozenset[str] | None] | None, more: Names | None
) -> dict[str, frozenset[str] | None] | None:
    """What both serve, as far as both say."""
    if names is None or more is None:
        return None
    for each, served in more.items():
        before = names.get(each, frozenset())
        names[each] = before | served if before is not None and served is not None else None
    return names


def _missing(report: Report) -> Iterator[Diagnostic]:
    """W801, of the files and folders that settings name: what is read here may be served elsewhere."""
    for path, file in report.files:
        if not os.path.exists(file):
            span = report.extent(path).value
            yield Diagnostic("W801", report.source, span, f"there is no file or folder {shown(str(file))}")


def _read(
    sections: Mapping[str, Mapping[str, Any]], report: Report
) -> Iterator[tuple[str, BackendKind[object], Mapping[str, Any]]]:
    """The name, the kind and the settings of each section that has no mistake."""
    for name, given in sections.items():
        path = ("backends", name)
        kind = _kind(str(given.get("kind")), (*path, "kind"), report)
        if kind is None:
            continue
        settings = kind.settings.read(
            {key: each for key, each in given.items() if key != "kind"}, path, report
        )
        if settings is not WRONG:
            yield name, kind, settings


def _kind(name: str, path: tuple[str, ...], report: Report) -> BackendKind[object] | None:
    span = report.extent(path).value
    entries = {(each.value, each.dist.name if each.dist else "?"): each for each in _entries(name)}
    if not entries:
        known = sorted({each.name for each in _entries()})
        near = near_name(name, known)
        expected = () if near else tuple(f'"{each}"' for each in known)
        message = f'no package here has the kind of backend "{name[:60]}"'
        report.add("E805", span, message, expected, near, "`flow backends` lists what there is")
        return None
    if len(entries) > 1:
        packages = " and ".join(sorted(package for _, package in entries))
        report.add("E805", span, f'more than one package has the kind "{name}": {packages}; uninstall one')
        return None
    entry = next(iter(entries.values()))
    try:
        found = imported(entry.value)
    except CannotImportError as error:
        report.add("E805", span, str(error))
        return None
    if not isinstance(found, BackendKind):
        message = f'"{name}" is not set up in `flow.toml`: `{entry.value}` is no `BackendKind`'
        report.add("E805", span, message, hint=_BY_THEMSELVES.get(name))
        return None
    return cast("BackendKind[object]", found)


def _entries(name: str | None = None) -> Iterable[EntryPoint]:
    return entry_points(group=GROUP) if name is None else entry_points(group=GROUP, name=name)
