"""docs/operating.md tells each field of the records, and nothing of what is not there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from flowlang.backends.values import backend as values
from flowlang.backends.web import mailbox
from flowlang.cli import control
from flowlang.cli.group import flow
from flowlang.model.cdr import CallRecord
from flowlang.model.message_record import MessageRecord
from flowlang.store import machines, opt_outs, reading, sqlite

FILES = (reading.FILE, values.FILE, mailbox.FILE, opt_outs.FILE, machines.FILE, sqlite.LOCK, control.SOCKET)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating.md"


def told(section: str) -> list[str]:
    """The fields of a table, in its order."""
    text = PAGE.read_text(encoding="utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


@pytest.mark.parametrize(
    ("section", "record", "more"),
    [("Call records", CallRecord, "talked"), ("Message records", MessageRecord, "state")],
)
def test_a_record_is_told_field_by_field(section: str, record: type, more: str) -> None:
    assert sorted(told(section)) == sorted([*(each.name for each in fields(record)), more])


def test_each_command_of_the_table_is_one() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("| command |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`flow ([\w-]+)", text))
    assert named == {"ps", "show", "trace", "replay", "export-test", "stop", "signal", "outbox", "cdr"}
    assert all(flow.get_command(None, each) is not None for each in named)  # type: ignore[attr-defined, arg-type]


@pytest.mark.parametrize("name", FILES)
def test_each_file_of_the_data_folder_is_told(name: str) -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| file |")[2].partition("\n\n")[0]
    assert f"`{name}`" in table
