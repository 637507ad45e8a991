"""`flow graph`: a script as a diagram."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowlang.diagnostics import ScriptError, near_name

from . import scripts
from .exits import CommandError, Exit
from .programs import load_program
from .projects import from_project, project_of
from .written import write

if TYPE_CHECKING:
    from flowlang.analysis import Program
    from flowlang.graph import Taken
    from flowlang.testing.results import Report

_OF_MERMAID = (".mmd", ".mermaid", ".md", ".txt")


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--flow", metavar="NAME", help="Only this flow and those that it leads to.")
@click.option("--mermaid", "form", flag_value="mermaid", help="Mermaid's text; the default.")
@click.option("--svg", "form", flag_value="svg", help="An SVG picture; the default for -o FILE.svg.")
@click.option("-o", "out", metavar="OUT", type=click.Path(path_type=Path), help="Write into this file.")
@click.option("--coverage", is_flag=True, help="Run the script's tests and mark what they never take.")
def graph(file: Path, flow: str | None, form: str | None, out: Path | None, coverage: bool) -> int:
    """Draw the flows of a script as a diagram, for people who read no scripts.

    Exit code 0: drawn, 1: with --coverage, a test failed or there are none, 3: the script does not compile.
    """
    from flowlang.graph import chart_of, to_mermaid, to_svg

    if file.is_dir():
        raise CommandError(f"{file}: a folder; name the script to draw", Exit.USAGE)
    scripts.find(file)
    form = form or _form_of(out)
    program = load_program(file)
    if program is None:
        return Exit.NOT_COMPILED
    if flow is not None:
        _require(program, flow)
    report = _tested(file) if coverage else None
    if coverage and report is None:
        return Exit.NOT_COMPILED
    taken = _taken(report) if report is not None else None
    chart = chart_of(program, flow)
    _write(to_svg(chart, taken) if form == "svg" else to_mermaid(chart, taken), out)
    return _ending(report) if report is not None else Exit.FINE


def _form_of(out: Path | None) -> str:
    """What the name of a file asks for."""
    suffix = out.suffix.lower() if out is not None else ""
    if suffix not in ("", ".svg", *_OF_MERMAID):
        hint = f"name it .svg or {_OF_MERMAID[0]}, or say which by --svg or --mermaid"
        raise CommandError(f"{out}: a diagram is SVG or Mermaid's text; {hint}", Exit.USAGE)
    return "svg" if suffix == ".svg" else "mermaid"


def _require(program: Program, flow: str) -> None:
    if flow not in program.flows:
        near = near_name(flow, program.flows)
        advice = f"did you mean {near}?" if near else f"there are: {', '.join(program.flows) or 'none'}"
        raise CommandError(f"the script has no flow {flow[:60]!r}; {advice}", Exit.USAGE)


def _tested(file: Path) -> Report | None:
    """What the tests of the script take, and those in a file beside it; `None` where they do not compile."""
    from flowlang.backends.pace import Pace
    from flowlang.modules import ModuleFiles
    from flowlang.script_files import exists_below, tests_of
    from flowlang.testing.run import Surroundings, run_source

    from .sounds import length_of

    pace = Pace(length_of=length_of(file.parent))
    project = project_of(file)
    surroundings = Surroundings(
        pace,
        exists_below(file.parent),
        project.actions,
        load=ModuleFiles(file),
        fakes=from_project(project.fakes),
    )
    tests = tests_of(file)
    try:
        beside = scripts.read(tests) if tests.is_file() else None
        report = run_source(scripts.read(file), surroundings, beside=beside, coverage=True)
    except ScriptError as error:
        scripts.show(error.diagnostics, lambda text: click.echo(text, err=True))
        return None
    if not report.results:
        raise CommandError(f"{file}: there are no tests that could take anything", Exit.FAILED)
    return report


def _taken(report: Report) -> Taken:
    from flowlang.graph import Piece

    found = report.coverage
    assert found is not None
    return {Piece(each.kind, each.extent): each in found.taken for each in found.pieces}


def _write(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    write(out, text)


def _ending(report: Report) -> Exit:
    failed = [each.title for each in report.results if not each.passed]
    if failed:
        click.echo(f"flow: {len(failed)} of {len(report.results)} tests failed; see `flow test`", err=True)
    return Exit.FAILED if failed else Exit.FINE
