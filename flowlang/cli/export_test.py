"""`flow export-test`: a run that is kept, as a `test` block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .data import archive_in, find, reading_option
from .display.safe import printable
from .exits import CommandError, Exit

if TYPE_CHECKING:
    from flowlang.store.reading import Archive
    from flowlang.testing.run import Surroundings

    from .replaying import KeptRun

_NO_SECRET = {"$secret": None}
"""Marked by a script that is told secrets, and nothing."""


@click.command("export-test")
@click.argument("activeflow", metavar="ID")
@reading_option
def export_test(activeflow: str, data: Path | None) -> int:
    """Write the run of the activeflow ID as a `test` block that passes on the text that it ran on."""
    from .exporting import NoTest

    with archive_in(data) as archive:
        stored = find(archive, activeflow)
        try:
            text, why = _passing(archive, stored.id)
        except NoTest as error:
            why = printable(str(error), 1000)
            raise CommandError(f"{stored.id} is no test: {why}", Exit.FAILED) from None
    if why is not None:
        why = printable(why, 1000)
        raise CommandError(f"{stored.id} is no test: as one it does not pass: {why}", Exit.FAILED)
    click.echo(text, nl=False)
    return Exit.FINE


def _passing(archive: Archive, activeflow: str) -> tuple[str, str | None]:
    """The test, with what the caller heard if it passes so; and why it does not pass. Raises `NoTest`."""
    from .exporting import NoTest
    from .replaying import kept_run

    past = kept_run(archive, find(archive, activeflow))
    text, why, _ = _tried(past, hears=True)
    if why is None:
        return text, None
    other, without, doubt = _tried(past, hears=False)
    if without is None:
        return other, None
    if doubt is not None:
        raise NoTest(doubt)
    return text, why


def _tried(past: KeptRun, *, hears: bool) -> tuple[str, str | None, str | None]:
    """The test, why it does not pass, and what may be the reason of that."""
    from flowlang.core.kept import opening_from_plain
    from flowlang.diagnostics import Source
    from flowlang.engine.replay import NotReplayed
    from flowlang.model.plain import has_secret
    from flowlang.testing.run import NotCompiledError, run_source

    from .exporting import Export, NoTest

    outcome = past.run()  # else nothing of it can be believed
    if isinstance(outcome, NotReplayed):
        raise NoTest(f"it cannot be replayed: {outcome}")
    if has_secret({name: each for name, each in past.stored.opening.items() if each != _NO_SECRET}):
        raise NoTest("it began with a secret, which no test may show")
    export = Export(opening_from_plain(past.stored.opening), past.entries, hears)
    past.run(export)
    if export.impossible is not None:
        raise NoTest(export.impossible)
    title = f"{past.stored.flow} as of {past.stored.id}"
    text = export.text(title)
    beside = Source("exported_test.flow", text)
    try:
        surroundings, source = _surroundings(past), past.source
        report = run_source(source, surroundings, beside=beside, wanted=lambda each: each == title)
    except NotCompiledError as error:
        return text, error.diagnostics[0].message, export.doubt
    failed = [each.failure for each in report.results if each.failure is not None]
    return text, failed[0].message if failed else None, export.doubt


def _surroundings(past: KeptRun) -> Surroundings:
    """Those of `flow test`, as far as the script's folder is where it was: sound files, and what stands for
    the actions of a host."""
    from flowlang.backends.pace import Pace
    from flowlang.project.project import ProjectError, open_project
    from flowlang.script_files import exists_below
    from flowlang.testing.run import Surroundings

    from .sounds import length_of

    _, build, actions = past.builds.of(past.stored)
    script = Path(past.source.name)
    alone = Surroundings(actions=actions, load=build.load)
    try:
        if not script.is_file():
            return alone
        fakes = open_project(script).fakes()
    except (ProjectError, OSError):
        return alone
    folder = script.parent
    return replace(alone, pace=Pace(length_of=length_of(folder)), exists=exists_below(folder), fakes=fakes)
