"""Every run that the tests of the examples bring about can be exported as a test that passes, or is said to
be none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from flowlang import script_files
from flowlang.backends.pace import Pace
from flowlang.cli.exporting import Export, NoTest
from flowlang.cli.projects import project_of
from flowlang.cli.sounds import length_of
from flowlang.core import Activeflow, Input, Output
from flowlang.core.inputs import input_to_plain
from flowlang.core.journal import Entry, check_entry, outcome_hash, run_input
from flowlang.core.kept import opening_from_plain
from flowlang.diagnostics import Source
from flowlang.modules import ModuleFiles
from flowlang.testing import running
from flowlang.testing.run import Surroundings, run_source

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(each for each in EXAMPLES.glob("*/*.flow") if not each.name.endswith("_test.flow"))
WITHOUT = {
    "it began as part of another activeflow, or was handed over",
    "it was told a secret, which no test may show",
    "it read a value that somebody had kept before",
    "another activeflow had a part in one of its calls",
}


@dataclass
class Run:
    """An activeflow as a journal would have it."""

    flow: Activeflow
    opening: dict[str, Any]
    entries: list[Entry] = field(default_factory=list[Entry])

    def exported(self, *, hears: bool) -> Export:
        """Raises `NoTest`."""
        opening = opening_from_plain(self.opening)
        export = Export(opening, self.entries, hears)
        again = Activeflow(self.flow.script, opening, self.flow.limits, self.flow.actions)
        for number, entry in enumerate(self.entries):
            export(number, again, check_entry(again, number, entry))
        if export.impossible is not None:
            raise NoTest(export.impossible)
        return export


class Recorder:
    """Stands in for what feeds the activeflows of tests."""

    def __init__(self) -> None:
        self._runs: dict[Activeflow, Run] = {}

    def __call__(self, flow: Activeflow, given: Input) -> list[Output]:
        if flow not in self._runs:
            self._runs[flow] = Run(flow, flow.opening.to_plain(flow.secrets))
        outputs = run_input(flow, given)
        plain = input_to_plain(given, secret=flow.secret_input)
        self._runs[flow].entries.append(Entry(plain, outcome_hash(outputs)))
        return outputs

    def take(self) -> Iterator[Run]:
        runs, self._runs = self._runs, {}
        yield from runs.values()


def passes(run: Run, source: Source, surroundings: Surroundings) -> str | None:
    """Why it is no test, `None` for one that passes."""
    failed: str | None = None
    for hears in (True, False):
        export = run.exported(hears=hears)
        beside = Source("exported_test.flow", export.text("exported"))
        report = run_source(source, surroundings, beside=beside, wanted=lambda title: title == "exported")
        (result,) = report.results
        if result.passed:
            return None
        failed = export.doubt or f"{result.failure}\n{beside.text}"
    return failed


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.stem)
def test_a_run_of_an_example_is_a_test_that_passes(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(running, "run_input", recorder)
    project, source, tests = project_of(script), script_files.read(script), script_files.tests_of(script)
    surroundings = Surroundings(
        Pace(length_of=length_of(script.parent)), script_files.exists_below(script.parent), project.actions,
        load=ModuleFiles(script), fakes=project.fakes(),
    )  # fmt: skip
    run_source(source, surroundings, beside=script_files.read(tests) if tests.is_file() else None)
    for run in list(recorder.take()):
        try:
            why_not = passes(run, source, surroundings)
        except NoTest as error:
            why_not = str(error)
        assert why_not is None or why_not in WITHOUT, why_not
