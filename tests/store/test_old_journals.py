"""What lives on people's disks goes on with the code of today: old journals lead to the same commands."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from flowlang.core import outputs
from flowlang.core.inputs import Input
from flowlang.engine.replay import NotReplayed
from flowlang.model.commands import Command, command_to_plain
from tests.store.old_journals import Case, cases

CASES = list(cases())
DIVERGES = """{why}
By this change the activeflows that live on people's disks do not go on: `flow serve` of the new version
tells of them as `diverged`. CONTRIBUTING.md, "What stands on disk", says how to do without. Where it is
meant, say it in CHANGELOG.md, and write the journals anew: `make journals`."""


@pytest.mark.parametrize("case", CASES, ids=[each.name for each in CASES])
def test_a_journal_of_an_older_version_is_replayed_to_its_end(case: Case) -> None:
    for run in case.runs:
        try:
            case.replay(run)
        except NotReplayed as error:
            pytest.fail(DIVERGES.format(why=f"{case.name}: {error}"), pytrace=False)


def test_the_journals_that_are_kept_have_every_kind_of_input() -> None:
    kinds = {entry.given[0] for case in CASES for run in case.runs for entry in run.entries}
    assert kinds == {"begin", "time", "stop", "done", "failed", "event"}
    assert len(get_args(Input)) + 1 == len(kinds), "an `ActionOver` has two"


def test_a_command_whose_field_has_another_name_makes_them_diverge(monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(command: Command) -> dict[str, Any]:
        return {"words" if name == "text" else name: each for name, each in command_to_plain(command).items()}

    monkeypatch.setattr(outputs, "command_to_plain", renamed)
    example, *_ = CASES
    with pytest.raises(NotReplayed, match="gives other commands than the journal has"):
        example.replay(example.runs[0])
