"""Scripts for the commands that read a checked one: its mistakes are shown, then `None` comes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowlang.diagnostics import ScriptError

from . import scripts
from .projects import project_of

if TYPE_CHECKING:
    from flowlang.analysis import Program
    from flowlang.core import Script
    from flowlang.diagnostics import Diagnostic


def load_program(path: Path) -> Program | None:
    """A script and the modules that it uses, parsed and checked. Warnings are left to `flow check`."""
    from flowlang.analysis import checked_program
    from flowlang.modules import ModuleFiles
    from flowlang.script_files import exists_below
    from flowlang.syntax import parse

    try:
        parsed = parse(scripts.read(path))
        actions = project_of(path).actions
        exists = exists_below(path.parent)
        return checked_program(parsed, actions=actions, exists=exists, load=ModuleFiles(path))[0]
    except ScriptError as error:
        return _refuse(error.diagnostics)


def load_script(path: Path) -> Script | None:
    """The same, compiled."""
    from flowlang.core import compile_script

    program = load_program(path)
    try:
        return compile_script(program) if program is not None else None
    except ScriptError as error:
        return _refuse(error.diagnostics)


def _refuse(found: tuple[Diagnostic, ...]) -> None:
    scripts.show(found, lambda text: click.echo(text, err=True))
