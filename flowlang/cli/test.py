"""`flow test`: runs the test blocks of scripts on simulated channels and a virtual clock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowlang.diagnostics import ScriptError
from flowlang.script_files import exists_below, script_of, tests_of

from . import scripts
from .exits import CommandError, Exit
from .projects import from_project, project_of
from .written import write

if TYPE_CHECKING:
    from flowlang.testing.coverage import FileCoverage
    from flowlang.testing.results import Report


@click.command()
@click.argument("path", metavar="[PATH]", default=Path("."), type=click.Path(path_type=Path))
@click.option("-k", "part", metavar="TEXT", default="", help="Only tests with this text in their name.")
@click.option("--coverage", is_flag=True, help="Tell which branches, outcomes and handlers were never taken.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each test.")
@click.option(
    "--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit XML for a CI server too."
)
def test(path: Path, part: str, coverage: bool, as_json: bool, junit: Path | None) -> int:
    """Run the tests of a script, or of all .flow files in a folder and those below it. The tests of
    desk_test.flow are run with desk.flow.

    No socket is opened and nobody waits: a call of four hours takes milliseconds. Exit code 0: all passed,
    1: one failed or there are none, 3: a script does not compile.
    """
    run = _Run(part, coverage, as_json)
    for each in _scripts(scripts.below(path)):
        run.script(each)
    run.show_modules()
    if junit is not None:
        run.write_junit(junit)
    return run.end(path)


def _scripts(found: Iterable[Path]) -> Iterator[Path]:
    """Each script once: tests beside a script stand for that script."""
    return iter(dict.fromkeys(map(script_of, found)))


class _Run:
    """Runs script after script, shows what comes of each, and counts."""

    def __init__(self, part: str, coverage: bool, as_json: bool) -> None:
        self._part = part.casefold()
        self._coverage = coverage
        self._as_json = as_json
        self._reports: list[Report] = []
        self._modules: dict[str, FileCoverage] = {}
        self._compiled = True

    def script(self, path: Path) -> None:
        """Runs the tests of one."""
        from flowlang.backends.pace import Pace
        from flowlang.modules import ModuleFiles
        from flowlang.testing.run import Surroundings, run_source

        from .sounds import length_of

        pace = Pace(length_of=length_of(path.parent))
        project = project_of(path)
        surroundings = Surroundings(
            pace,
            exists_below(path.parent),
            project.actions,
            load=ModuleFiles(path),
            fakes=from_project(project.fakes),
        )
        tests = tests_of(path)
        try:
            report = run_source(
                scripts.read(path),
                surroundings,
                beside=scripts.read(tests) if tests.is_file() else None,
                wanted=lambda title: self._part in title.casefold(),
                coverage=self._coverage,
            )
        except ScriptError as error:
            self._compiled = False
            scripts.show(
                error.diagnostics, lambda text: click.echo(text, err=not self._as_json), self._as_json
            )
            return
        if report.results:
            self._reports.append(report)
            self._show(report)
            for each in report.modules:
                before = self._modules.get(each.source.name)
                self._modules[each.source.name] = each.and_of(before) if before is not None else each

    def _show(self, report: Report) -> None:
        from flowlang.testing.rendering import coverage_lines, result_lines

        if self._as_json:
            for each in report.results:
                click.echo(json.dumps(each.to_plain(), ensure_ascii=False))
            if report.coverage is not None:
                click.echo(json.dumps(report.coverage.to_plain(), ensure_ascii=False))
            return
        for each in report.results:
            click.echo("\n".join(result_lines(each)))
        if report.coverage is not None:
            click.echo("\n".join(coverage_lines(report.coverage)))

    def show_modules(self) -> None:
        """What all tests together took of the modules that the scripts use."""
        from flowlang.testing.rendering import coverage_lines

        for _, each in sorted(self._modules.items()):
            if self._as_json:
                click.echo(json.dumps(each.to_plain(), ensure_ascii=False))
            else:
                click.echo("\n".join(coverage_lines(each)))

    def write_junit(self, path: Path) -> None:
        """Writes what came of all."""
        from flowlang.testing.junit import junit

        write(path, junit(self._reports))

    def end(self, path: Path) -> Exit:
        """The last line, and the exit code."""
        results = [each for report in self._reports for each in report.results]
        failed = sum(not each.passed for each in results)
        if not self._compiled:
            return Exit.NOT_COMPILED
        if not results:
            with_text = f" with {self._part!r} in the name" if self._part else ""
            raise CommandError(f"{path}: there are no tests{with_text}", Exit.FAILED)
        if not self._as_json:
            passed = len(results) - failed
            click.echo(f"{passed} passed, {failed} failed" if failed else f"{passed} passed")
        return Exit.FAILED if failed else Exit.FINE
