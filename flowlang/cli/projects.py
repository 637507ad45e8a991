"""The project of the scripts that a command works on: settings and host's actions, or what is wrong with
them, shown as a script's mistakes are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import scripts
from .exits import CommandError, Exit

if TYPE_CHECKING:
    from flowlang.project.project import Project, ProjectError

_Got = TypeVar("_Got")


def project_of(path: Path) -> Project:
    """The project of a script or a folder. What is wrong with it is shown; then `CommandError`."""
    from flowlang.project.project import open_project  # importlib.metadata: 30 ms

    try:
        return from_project(lambda: open_project(path))
    except OSError as error:
        raise scripts.unreadable(Path(str(error.filename)), error) from None


def give_actions(add: Callable[[Any, Any, Any], None], path: Path) -> None:
    """Imports the host's actions and adds them to an engine."""
    project = project_of(path)
    for each in from_project(project.host_actions):
        add(each.declared, each.function, each.query)


def from_project(ask: Callable[[], _Got]) -> _Got:
    """What is asked of a project; what is wrong with it is shown, then `CommandError`."""
    from flowlang.project.project import ProjectError

    try:
        return ask()
    except ProjectError as error:
        scripts.show(error.diagnostics, lambda text: click.echo(text, err=True))
        raise refused(error) from None


def refused(error: ProjectError) -> CommandError:
    """The last line about it."""
    count = len(error.diagnostics)
    name = error.diagnostics[0].source.name
    text = f"{name} cannot be used: {'1 error' if count == 1 else f'{count} errors'}"
    return CommandError(text, Exit.NOT_COMPILED)
