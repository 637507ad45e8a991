"""Journals as they lie on people's disks: `journals/*.json`, written once, replayed by the code of today.

Each case is a build (its texts, what `use` found, limits, actions of the host) and some activeflows that ran
on it: the opening, the inputs, and after each the hash of what it gave. The runs are those of the tests of
`examples/` and of the scenarios in `tests/language`; of all those the few that show something new: a
statement, an input, a command, a field in one.

`make journals` writes them anew: only when it is meant that the activeflows which live on people's disks do
not go on (CONTRIBUTING.md, *What stands on disk*).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest import mock

from flowlang import script_files
from flowlang.analysis import Program
from flowlang.backends.pace import Pace
from flowlang.cli.projects import project_of
from flowlang.cli.sounds import length_of
from flowlang.core import Activeflow, Input, Output
from flowlang.core.inputs import input_to_plain
from flowlang.core.journal import Entry, outcome_hash, run_input
from flowlang.core.outputs import Note, output_to_plain
from flowlang.diagnostics import Source
from flowlang.engine.replay import Builds, NotReplayed, replayed
from flowlang.model.actions import ACTIONS
from flowlang.model.plain import canonical
from flowlang.modules import ModuleFiles
from flowlang.store import Build, Reading
from flowlang.store.protocol import Past
from flowlang.store.stored import Stored
from flowlang.syntax import ast
from flowlang.testing import running
from flowlang.testing.run import Surroundings, run_source
from tests.core import machine
from tests.language import running as tables
from tests.language.scenario import Scenario, scenarios

FOLDER = Path(__file__).parent / "journals"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MOST_ENTRIES = 200  # of a run: longer ones show the same again and again


@dataclass
class Kept:
    """One activeflow with its journal. `shows` says by name what is in it: statements, inputs, commands."""

    opening: dict[str, Any]
    entries: list[Entry] = field(default_factory=list[Entry])
    shows: set[str] = field(default_factory=set[str])

    def took(self, flow: Activeflow, given: Input, outputs: list[Output]) -> None:
        """An input, and what it gave."""
        plain = input_to_plain(given, secret=flow.secret_input)
        self.entries.append(Entry(json.loads(canonical(plain)), outcome_hash(outputs)))
        self.shows.add(f"input {plain[0]} {plain[2] if plain[0] == 'event' else ''}".strip())
        self.shows.update(f"input with {each}" for each in _parts(plain))
        for output in outputs:
            if type(output) is not Note:
                name, *rest = output_to_plain(output)
                self.shows.add(f"{name} {rest[1]['name'] if name == 'perform' else ''}".strip())
                self.shows.update(f"{name} with {each}" for each in _parts(rest))


def _parts(plain: Any) -> Iterator[str]:
    """The kinds of values, and the fields that are not empty, somewhere in plain data."""
    if isinstance(plain, dict):
        for key, value in cast("dict[str, Any]", plain).items():
            if value not in (None, "", [], {}, False):
                yield key
                yield from _parts(value)
    elif isinstance(plain, list):
        for each in cast("list[Any]", plain):
            yield from _parts(each)


@dataclass(frozen=True)
class Case:
    """A build, and what ran on it."""

    name: str
    made: Build
    runs: list[Kept]

    def build(self, hashed: bytes) -> Build:
        """There is one. It is as much of a `Past` as a replay asks."""
        del hashed
        return self.made

    def replay(self, run: Kept) -> None:
        """Raises `NotReplayed` where the code of today gives something else."""
        began = run.opening["at"]
        stored = Stored(1, run.opening["activeflow"], b"", run.opening, 1, "live", began, None, None, None)
        replayed(stored, run.entries, Builds(cast("Past", self)))

    @classmethod
    def read(cls, plain: dict[str, Any]) -> Case:
        """As `text` wrote it."""
        texts = {bytes.fromhex(hashed): text for hashed, text in plain["texts"].items()}
        runs = [
            Kept(
                each["opening"], [Entry(given, bytes.fromhex(outcome)) for given, outcome in each["entries"]]
            )
            for each in plain["runs"]
        ]
        return cls(plain["case"], Build.from_manifest(json.dumps(plain["build"]), texts), runs)

    def text(self) -> str:
        """As JSON, an input a line."""
        texts = {hashed.hex(): text for hashed, text in self.made.texts.items()}
        runs = ",\n".join(_run_text(each) for each in self.runs)
        return (
            f'{{"case": {_line(self.name)},\n"build": {_line(json.loads(self.made.manifest))},\n'
            f'"texts": {json.dumps(texts, indent=1)},\n"runs": [\n{runs}]}}'
        )


def _run_text(run: Kept) -> str:
    entries = ",\n".join(f"  {_line([each.given, each.outcome.hex()])}" for each in run.entries)
    return f' {{"opening": {_line(run.opening)},\n "entries": [\n{entries}]}}'


def _line(plain: Any) -> str:
    return canonical(plain).decode("ascii")


def cases() -> Iterator[Case]:
    """All that are kept."""
    for path in sorted(FOLDER.glob("*.json")):
        yield from map(Case.read, json.loads(path.read_text(encoding="utf-8")))


# -- the runs


class Recorder:
    """Stands in for what feeds the activeflows of tests, and for what reads their modules."""

    def __init__(self) -> None:
        self._runs: dict[Activeflow, Kept] = {}
        self._reading = Reading(ModuleFiles(None))

    def reads(self, script: Path) -> Reading:
        """The modules of a script, noted."""
        self._reading = Reading(ModuleFiles(script))
        return self._reading

    def run_input(self, flow: Activeflow, given: Input) -> list[Output]:
        """Feeds an input, and keeps it."""
        if flow not in self._runs:
            opening = json.loads(canonical(flow.opening.to_plain(flow.secrets)))
            self._runs[flow] = Kept(opening, shows=set(_statements(flow.script.program)))
        outputs = run_input(flow, given)
        self._runs[flow].took(flow, given, outputs)
        return outputs

    def case(self, name: str) -> Case | None:
        """What ran since the last one; `None` where nothing did."""
        runs, self._runs = self._runs, {}
        if not runs:
            return None
        flow = next(iter(runs))
        hosts = [each for known, each in flow.actions.items() if known not in ACTIONS]
        return Case(name, self._reading.build(flow.script.sources, flow.limits, hosts), list(runs.values()))


def _statements(program: Program) -> Iterator[str]:
    for declared in program.module.declarations:
        yield from (f"syntax {type(node).__name__}" for node in ast.walk(declared))


def run_example(script: Path, recorder: Recorder) -> None:
    """Runs the tests of an example."""
    project, beside = project_of(script), script_files.tests_of(script)
    surroundings = Surroundings(
        Pace(length_of=length_of(script.parent)), script_files.exists_below(script.parent), project.actions,
        load=recorder.reads(script), fakes=project.fakes(),
    )  # fmt: skip
    tests = script_files.read(beside) if beside.is_file() else None
    run_source(_named(script), surroundings, beside=tests)


def run_scenario(scenario: Scenario, recorder: Recorder) -> None:
    """Runs a scenario of the language."""
    if scenario.tested:
        run_source(_named(scenario.path), Surroundings(load=recorder.reads(scenario.path)))
    else:
        tables.Table(scenario)


def _named(script: Path) -> Source:
    """Without the folder that it lies in here."""
    return Source(script.name, script_files.read(script).text)


def recorded() -> Iterator[tuple[str, Case]]:
    """All that there are, each with the file that it goes into."""
    recorder = Recorder()
    with ExitStack() as patches:
        for feeding in (running, machine):
            patches.enter_context(mock.patch.object(feeding, "run_input", recorder.run_input))
        patches.enter_context(mock.patch.object(tables, "ModuleFiles", recorder.reads))
        for script in sorted(EXAMPLES.glob("*/*.flow")):
            if script.stem == script.parent.name:
                run_example(script, recorder)
                if (case := recorder.case(script.stem)) is not None:
                    yield "examples", case
        for scenario in scenarios():
            run_scenario(scenario, recorder)
            if (case := recorder.case(scenario.name)) is not None:
                yield "language", case


def _goes_on(case: Case, run: Kept) -> bool:
    try:
        case.replay(run)
    except NotReplayed:
        return False
    return True


def write() -> None:
    """All files anew. Prints what they show, and what of those that were kept goes on no more."""
    diverged = [case.name for case in cases() for run in case.runs if not _goes_on(case, run)]
    shown: set[str] = set()
    texts: dict[str, list[str]] = {}
    for file, case in recorded():
        some: list[Kept] = []
        for run in sorted(case.runs, key=lambda each: -len(each.shows)):
            if len(run.entries) <= MOST_ENTRIES and not run.shows <= shown:
                shown |= run.shows
                some.append(run)
        if some:
            texts.setdefault(file, []).append(Case(case.name, case.made, some).text())
    FOLDER.mkdir(exist_ok=True)
    for file, each in texts.items():
        (FOLDER / f"{file}.json").write_text("[" + ",\n".join(each) + "]\n", encoding="utf-8")
    print("\n".join(sorted(shown)))
    print(f"runs that were kept and diverge: {len(diverged)}", *diverged)


if __name__ == "__main__":
    sys.exit(write())
