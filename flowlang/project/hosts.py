"""A host's own actions: from what declares them to what the checker, the engine and tests take.

`Declared` is what is known without running anything: from a table in `flow.toml`, whole; from a text there or
an entry point, by importing the module that declares it. Functions are only imported when they are asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import Signature, signature
from pathlib import Path
from typing import Any

from flowlang.diagnostics import Span
from flowlang.model.actions import (
    ACTIONS,
    EVERY_CHANNEL,
    PLANNED_ACTIONS,
    PLANNED_NAMESPACES,
    REQUIRED,
    Action,
    OutcomeType,
    Parameter,
)
from flowlang.model.functions import FUNCTIONS, PREDEFINED
from flowlang.model.host_action import HostAction

from .sections import NAME
from .shapes import Report


class CannotImportError(Exception):
    """An object of Python is not to be had; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An action and where it comes from. `host` is there where Python declares it; otherwise `function`,
    `fake` and `query` name Python objects as `package.module:name`."""

    action: Action
    report: Report
    span: Span
    host: HostAction | None = None
    function: str | None = None
    fake: str | None = None
    query: str | None = None

    def find_function(self) -> Callable[..., Any] | None:
        """The function that does it, imported; `None` where none is declared or it cannot be used."""
        if self.host is not None:
            return self.host.function
        return self._find(self.function)

    def find_fake(self) -> Callable[..., Any] | None:
        """What tests call in its place."""
        return self.host.fake if self.host is not None else self._find(self.fake)

    def find_query(self) -> Callable[..., Any] | None:
        """What is asked after a crash whether it was done."""
        return self.host.query if self.host is not None else self._find(self.query)

    def _find(self, name: str | None) -> Callable[..., Any] | None:
        if name is None:
            return None
        try:
            found = imported(name)
            why = None if callable(found) else f"`{name}` is no function"
            why = why or _misfit(found, self.action, name)
        except CannotImportError as error:
            found, why = None, str(error)
        if why is None:
            return found
        self.report.add("E804", self.span, why)
        return None


def declare(name: str, given: Any, report: Report) -> Declared | None:
    """An entry of `[actions]`: a table, or the name of a `HostAction`."""
    extent = report.extent(("actions", name))
    why = taken(name)
    if why is not None:
        report.add("E804", extent.key, why)
        return None
    if isinstance(given, str):
        return declare_python(name, given, report, extent.value)
    settings: Mapping[str, Any] = given
    action = Action(
        name,
        settings.get("doc", ""),
        _parameters(settings.get("parameters", {})),
        tuple(OutcomeType(each, fields, "") for each, fields in settings.get("outcomes", {}).items()),
        channels=frozenset(settings.get("channels", EVERY_CHANNEL)),
        recovery=settings.get("recovery", "unknown"),
    )
    function, fake, query = settings.get("function"), settings.get("fake"), settings.get("query")
    if (action.recovery == "query") is not (query is not None):
        why = '`recovery = "query"` and `query = "package.module:name"` belong together'
        report.add("E804", extent.key, why)
        return None
    return Declared(action, report, extent.key, function=function, fake=fake, query=query)


def declare_python(name: str, where: str, report: Report, span: Span) -> Declared | None:
    """A `HostAction` in a module of Python."""
    try:
        found = imported(where)
    except CannotImportError as error:
        report.add("E804", span, str(error))
        return None
    if not isinstance(found, HostAction):
        hint = "`flowlang.model.host_action` has the class"
        report.add("E804", span, f"`{where}` is no `HostAction`", hint=hint)
    elif found.declared.name != name:
        report.add("E804", span, f"`{where}` declares the action `{found.declared.name}`, and not `{name}`")
    else:
        return Declared(found.declared, report, span, host=found)
    return None


def taken(name: str) -> str | None:
    """Why no host may have an action of this name."""
    if not NAME.fullmatch(name):
        return f"`{name[:60]}` is no name that a script can write"
    ours = name in ACTIONS or name in FUNCTIONS or name in PREDEFINED
    if ours or name in PLANNED_ACTIONS or name in PLANNED_NAMESPACES:
        return f"the language has `{name}` for something of its own"
    return None


def imported(where: str) -> Any:
    """The object that `package.module:name` means. Raises `CannotImportError`, also for all that the module
    raises."""
    module, _, path = where.partition(":")
    try:
        found = import_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the module is not ours)
        why = str(error).partition("\n")[0][:200]
        text = f"`{module}` cannot be imported: {type(error).__name__}{': ' if why else ''}{why}"
        raise CannotImportError(text) from None
    for part in path.split("."):
        if not hasattr(found, part):
            raise CannotImportError(f"`{module}` has no `{path}`")
        found = getattr(found, part)
    return found


def make_importable(folder: Path) -> None:
    """Lets modules beside the settings be imported, behind all others."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _parameters(given: Mapping[str, Mapping[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            name,
            each.get("types", (each.get("type", "any"),)),
            each.get("doc", ""),
            each.get("default", None if each.get("optional") else REQUIRED),
            each.get("by_place", True),
        )
        for name, each in given.items()
    )


def _misfit(function: Any, action: Action, name: str) -> str | None:
    """Why a function cannot take the arguments, where that can be seen."""
    try:
        known: Signature = signature(function)
    except (TypeError, ValueError):  # written in C
        return None
    try:
        known.bind(**{each.name: None for each in action.parameters})
    except TypeError as error:
        return f"`{name}` cannot be called with the parameters of `{action.name}`: {error}"
    return None
