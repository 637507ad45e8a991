"""Scripts for the commands that read a checked one: its mistakes are shown, then `None` comes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import scripts
from .projects import project_of

if TYPE_CHECKING:
    from flowlang.analysis import Program
    from flowlang.core import Script
    from flowlang.diagnostics import Diagnostic


def load_program(path: Path) -> Program | None:
    """A script and the modules that it uses, parsed and checked. Warnings are left to `flow check`."""
    from flowlang.analysis import check
    from flowlang.diagnostics import ScriptError, has_errors
    from flowlang.modules import ModuleFiles
    from flowlang.script_files import exists_below
    from flowlang.syntax import parse

    try:
        parsed = parse(scripts.read(path))
    except ScriptError as error:
        return _refuse(error.diagnostics)
    if parsed.module is None or has_errors(parsed.diagnostics):
        return _refuse(parsed.diagnostics)
    checked = check(
        parsed.module,
        actions=project_of(path).actions,
        exists=exists_below(path.parent),
        load=ModuleFiles(path),
    )
    return checked.program if checked.program is not None else _refuse(checked.diagnostics)


def load_script(path: Path) -> Script | None:
    """The same, compiled."""
    from flowlang.compile import wrong_constant
    from flowlang.compile.runtime.faults import Fault
    from flowlang.core import compile_script

    program = load_program(path)
    if program is None:
        return None
    try:
        return compile_script(program)
    except Fault as fault:
        return _refuse((wrong_constant(program, fault),))


def _refuse(found: tuple[Diagnostic, ...]) -> None:
    scripts.show(found, lambda text: click.echo(text, err=True))
