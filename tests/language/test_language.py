"""Each construct has a folder here: `script.flow`, the modules that it uses, and in `expected.txt` what is
seen of it, line by line, when `main` takes a call.

The first line of a script tells what happens to it: `# @3 hold   @9 signal paid   @40 hangup`, in seconds.
Actions take the times that `tests/core/machine.py` gives them. Every run is also replayed from its journal.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowlang.core import Activeflow
from flowlang.core.journal import replay
from flowlang.core.opening import Opening
from flowlang.model.events import CallEnded, CallHeld, DigitPressed, Event, SignalReceived
from flowlang.modules import ModuleFiles
from tests.core.machine import Run, compiled

HERE = Path(__file__).parent
FOLDERS = sorted(path.parent for path in HERE.glob("*/script.flow"))


def events_of(text: str) -> list[tuple[float, Event]]:
    found = re.findall(r"@(\d+) (\w+) ?([\w*#]*)", text.partition("\n")[0])
    return [(float(at), event_of(what, detail)) for at, what, detail in found]


def event_of(what: str, detail: str) -> Event:
    match what:
        case "key":
            return DigitPressed(0, detail)
        case "hold":
            return CallHeld(0)
        case "hangup":
            return CallEnded(0, "normal")
        case "signal":
            return SignalReceived(detail, None)
        case _:
            raise AssertionError(what)


def run_of(folder: Path) -> Run:
    text = (folder / "script.flow").read_text(encoding="utf-8")
    run = Run(compiled(text, ModuleFiles(folder / "script.flow")))
    run.through(events_of(text))
    return run


def transcript(folder: Path) -> str:
    return "".join(f"{line}\n" for line in run_of(folder).seen).replace(f"{folder}/", "")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_construct_does_what_is_written_down(folder: Path) -> None:
    assert transcript(folder) == (folder / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_run_is_replayed_from_where_its_history_was_cut(folder: Path) -> None:
    run = run_of(folder)
    last: Opening = run.flow.opening
    again = Activeflow(run.flow.script, last, run.flow.limits, run.flow.actions)
    replay(again, run.journal.entries)
    assert again.ending == run.ending
