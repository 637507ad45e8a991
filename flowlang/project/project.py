"""A project as its scripts see it: settings, and the actions that they may call.

    project = open_project(Path("desk.flow"))
    check(module, actions=project.actions)
    for host in project.host_actions():
        engine.add_action(host.declared, host.function)

Nothing of the project is imported before `host_actions` or `fakes` asks for it, but for modules that declare.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

from flowlang.diagnostics import DiagnosticsError, Source, Span
from flowlang.model.action import Names
from flowlang.model.actions import ACTIONS, Action
from flowlang.model.host_action import HostAction
from flowlang.model.manners import Manners
from flowlang.model.plain import Sealing
from flowlang.model.policy import NOTHING, Policy
from flowlang.model.speech import Voice
from flowlang.model.values import SECOND

from .backends import Checked, Surroundings, check_backends, make_backends
from .finding import find_settings
from .hosts import Declared, declare, declare_python, make_importable, taken
from .secrets import secret_files
from .settings import read_settings
from .shapes import Report

_Backend = TypeVar("_Backend")

GROUP = "flowlang.actions"
"""The entry point group; an entry is the action's name and the place of its `HostAction`."""


class ProjectError(DiagnosticsError):
    """The settings or an entry point cannot be used."""


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """`path` is that of its settings, `None` where there are none; `settings` has their sections, and
    `declared` the host's actions by name."""

    path: Path | None
    settings: Mapping[str, Any]
    declared: Mapping[str, Declared]
    report: Report | None = None
    """Of the settings, for what is read of them later."""

    @property
    def actions(self) -> Mapping[str, Action]:
        """All that scripts may call, the language's own included."""
        return {**ACTIONS, **{name: each.action for name, each in self.declared.items()}}

    @property
    def is_plain(self) -> bool:
        """Whether all of it stands in the settings file, and no module of Python was asked."""
        return all(each.host is None for each in self.declared.values())

    def host_actions(self) -> tuple[HostAction, ...]:
        """The host's actions with their functions, which are imported. Raises `ProjectError`."""
        found, queries = self._found(Declared.find_function), self._found(Declared.find_query)
        return tuple(
            HostAction(each.action, found.get(name) or _missing(name), query=queries.get(name))
            for name, each in self.declared.items()
        )

    def fakes(self) -> dict[str, Callable[..., Any]]:
        """What tests call in place of them, where something is given. Raises `ProjectError`."""
        return self._found(Declared.find_fake)

    def backends(
        self,
        of: type[_Backend],
        data: Path | None = None,
        policy: Policy = NOTHING,
        voice: Voice | None = None,
        sealing: Sealing | None = None,
    ) -> tuple[_Backend, ...]:
        """The backends of `[backends]`, made, each one `of` that type; see `backends.Surroundings`. Raises
        `ProjectError`."""
        sections = self.settings.get("backends")
        if not sections or self.report is None or self.path is None:
            return ()
        secret = secret_files(self.settings, self.path.parent)
        surroundings = Surroundings(
            self.path.parent, data, policy, voice=voice, sealing=sealing, secret_files=secret
        )
        made = make_backends(sections, surroundings, self.report, of)
        _raise_found((self.report,))
        return made

    def check_backends(self) -> Checked:
        """Reads `[backends]` by the shapes of its kinds, and makes nothing; secrets need not be there, and
        what other files all sections name is only looked for. Raises `ProjectError`."""
        if self.report is None:
            return Checked(ours=True, outlets=frozenset(), names={})
        sections = self.settings.get("backends", {})
        self.report.needs_secrets = False
        checked = check_backends(sections, self.report)
        self.report.needs_secrets = True
        _raise_found((self.report,))
        return checked

    def names(self, checked: Checked) -> Names | None:
        """What scripts may call what there is, that of SIP included; `None` where nobody knows, or where
        these settings are not for `flow serve`."""
        if checked.names is None or not self.is_served:
            return None
        given = self.settings
        listeners = given.get("sip", {}).get("listeners", ())
        ways = frozenset((*given.get("trunks", ()), *given.get("accounts", ()), *listeners))
        return {**checked.names, "via": ways | (checked.names.get("via") or frozenset())}

    @property
    def is_served(self) -> bool:
        """Whether its settings are for `flow serve`: of a program around flowlang, which sets its backends up
        by itself, they have no more than its actions."""
        return self.path is not None and set(self.settings) != {"actions"}

    @property
    def manners(self) -> Manners:
        """What `[messages]` says."""
        given = dict(self.settings.get("messages", {}))
        if "thread_window" in given:
            given["thread_window"] = round(given["thread_window"] * SECOND)
        return Manners(**given)

    def _found(self, find: Callable[[Declared], Callable[..., Any] | None]) -> dict[str, Callable[..., Any]]:
        found = {name: function for name, each in self.declared.items() if (function := find(each))}
        _raise_found(each.report for each in self.declared.values())
        return found


def open_project(script: Path) -> Project:
    """The project of a script or of a folder with scripts. Imports only modules that declare actions. Raises
    `ProjectError`, and `OSError` for settings that cannot be read."""
    declared = dict(_installed())
    path = find_settings(script)
    settings: Mapping[str, Any] = {}
    if path is not None:
        make_importable(path.parent)
        settings, report = read_settings(_as_shown(path))
        for name, given in settings.get("actions", {}).items():
            found = declare(name, given, report)
            if found is not None:
                declared[name] = found
        _raise_found((report,))
        return Project(path, settings, declared, report)
    return Project(path, settings, declared)


def _installed() -> Iterator[tuple[str, Declared]]:
    """What packages declare that are installed, by name."""
    for each in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        package = each.dist.name if each.dist is not None else "?"
        report = Report(Source(f"entry point {GROUP} of {package}", f'{each.name} = "{each.value}"'))
        span = Span(0, len(report.source.text))
        why = taken(each.name)
        if why is not None:
            report.add("E804", span, why)
        found = declare_python(each.name, each.value, report, span) if why is None else None
        _raise_found((report,))
        if found is not None:
            yield each.name, found


def _raise_found(reports: Iterator[Report] | tuple[Report, ...]) -> None:
    found = tuple(dict.fromkeys(one for report in reports for one in report.found))
    if found:
        raise ProjectError(tuple(sorted(found, key=lambda each: (each.source.name, each.span))))


def _missing(name: str) -> Callable[..., Any]:
    async def refuse(**_arguments: Any) -> None:
        raise NotImplementedError(f"flow.toml names no Python function for `{name}`")

    return refuse


def _as_shown(path: Path) -> Path:
    """As people write it who work in the folder."""
    shown = os.path.relpath(path)
    return path if shown.startswith("..") else Path(shown)
