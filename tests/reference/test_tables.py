"""The tables of the reference say what the code does: those that are generated, and those written by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from flowlang.compile.runtime import sizes, weights
from flowlang.core import Limits
from flowlang.core.script_calls import _START as STEPS_OF_A_START  # pyright: ignore[reportPrivateUsage]
from flowlang.model.causes import CAUSE_OF_STATUS, REFUSAL_OF_ENDING, HangupCause
from flowlang.model.values import MINUTE
from tests.reference.blocks import PAGE
from tools import reference

ROOT = Path(__file__).resolve().parents[2]
RAISED = re.compile(r'(?:Fault|Failed|SoundFault|SoundFileError)\(\s*"([a-z_]+)"')


def part(title: str) -> str:
    """What stands below a heading, up to the next of the same or a higher level."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,2}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[2]


def test_the_generated_tables_are_up_to_date() -> None:
    assert reference.renewed(PAGE) == PAGE, "run `make reference`"


def test_every_generated_table_has_its_place() -> None:
    assert sorted(found["name"] for found in reference.PART.finditer(PAGE)) == sorted(reference.TABLES)


def test_the_table_of_faults_has_every_fault_that_there_is() -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", part("Outcomes and faults"), re.MULTILINE)
    told = {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)}
    raised = {
        code
        for path in (ROOT / "flowlang").rglob("*.py")
        for code in RAISED.findall(path.read_text(encoding="utf-8"))
    }
    assert raised <= told
    assert told - raised <= {"cancelled", "unknown", "injected", "prompt_bad"}


def test_sizes_and_budgets_are_those_of_the_code() -> None:
    for number in (sizes.MAX_TEXT, sizes.MAX_ITEMS, weights.MAX_WEIGHT, weights.MAX_NESTING, sizes.MAX_DEPTH):
        assert f"{number:,}" in part("Sizes")
    limits = Limits()
    assert limits.ending == MINUTE
    assert (limits.grace, limits.overruns) == (1_000, 4)  # in words, under *Leaving*
    assert f"counts for {STEPS_OF_A_START:,} steps" in part("Budgets")


def test_refusals_are_those_of_the_code() -> None:
    told = set(re.findall(r"\| (\d{3}) \|", part("Routes")))
    assert told == {str(each) for each in REFUSAL_OF_ENDING.values()} | {"404", "503"}


def test_causes_are_those_of_the_code() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", part("The caller's leaving"), re.MULTILINE))
    assert sorted(rows) == sorted(get_args(HangupCause))
    for status, cause in CAUSE_OF_STATUS.items():
        assert cause == "cancelled" or str(status) in rows[cause], status
