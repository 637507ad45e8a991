"""Makes backends of a section of `flow.toml`, as a project does."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from flowlang.diagnostics import Source, render
from flowlang.model.policy import EVERYTHING
from flowlang.project.backends import BackendKind, Section, SettingsError, Surroundings
from flowlang.project.shapes import WRONG, Report


class Refused(Exception):
    """The first mistake."""


def make(kind: BackendKind, lines: str, folder: Path) -> Any:
    """The backend of a section with these lines. Raises `Refused`, `SettingsError`."""
    report = Report(Source(str(folder / "flow.toml"), lines))
    settings = kind.settings.read(tomllib.loads(lines), (), report)
    if settings is WRONG or report.found:
        raise Refused(render(report.found[0]).splitlines()[0])
    return kind.make(Section("one", settings, Surroundings(folder, folder / "data", EVERYTHING)))


def mistake(kind: BackendKind, lines: str, folder: Path) -> tuple[str, tuple[str | int, ...]]:
    """What is wrong with a section, and where."""
    try:
        make(kind, lines, folder)
    except SettingsError as error:
        return error.message, error.where
    raise AssertionError("it is made")
