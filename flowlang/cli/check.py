"""`flow check`: parses and checks scripts; nothing runs."""

from __future__ import annotations

from pathlib import Path

import click

from flowlang.diagnostics import has_errors

from . import scripts
from .exits import Exit


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each finding.")
def check(paths: tuple[Path, ...], as_json: bool) -> int:
    """Parse and check scripts; a folder stands for the .flow files in it.

    Findings go to standard output. Exit code 0: no errors (warnings do not count), 1: the checker found
    errors, 3: a text is not the language.
    """
    found = [script for path in paths for script in scripts.find(path)]
    return max(_check(path, as_json) for path in found)


def _check(path: Path, as_json: bool) -> Exit:
    try:
        source = scripts.read(path)
    except scripts.NotTextError as error:
        scripts.show((error.diagnostic,), click.echo, as_json)
        return Exit.NOT_COMPILED
    # Here, so that a wrong path is told before the parser is loaded.
    from flowlang.analysis import check as check_module
    from flowlang.modules import ModuleFiles
    from flowlang.syntax import parse

    parsed = parse(source)
    diagnostics = parsed.diagnostics
    if parsed.module is None or has_errors(diagnostics):
        code = Exit.NOT_COMPILED
    else:
        checked = check_module(
            parsed.module, exists=scripts.prompt_exists(path.parent), load=ModuleFiles(path)
        )
        diagnostics += checked.diagnostics
        code = Exit.FAILED if checked.program is None else Exit.FINE
    scripts.show(diagnostics, click.echo, as_json)
    return code
