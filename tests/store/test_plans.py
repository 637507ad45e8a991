"""However much a store has, what the engine asks and forgets is found by an index: no table that grows with
the traffic is gone through from one end to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flowlang.store import statements
from flowlang.store.database import Database, Row
from flowlang.store.keys import Keys
from flowlang.store.pruning import pruning
from flowlang.store.reading import FILE, Archive
from flowlang.store.sealing import Sealer
from flowlang.store.sqlite import SqliteStore

_LARGE = (
    "activeflows", "journal", "records", "messages", "ladders", "outbox", "seen", "parked_threads",
    "parked_messages",
)  # fmt: skip

_FEW = "USING INDEX open_records", "USING COVERING INDEX living"
"""Indexes that have those alone that are wanted."""

_ASKED: dict[str, Callable[[Archive], object]] = {
    "live": lambda archive: list(archive.live()),
    "parked": lambda archive: archive.parked("a"),
    "next_due": lambda archive: archive.next_due((0, 0)),
    "due": lambda archive: archive.due(1, 2, (0, 0)),
    "with_thread": lambda archive: archive.with_thread("sms", "a", "b", 9),
    "that_sent": lambda archive: archive.that_sent("a"),
    "family": lambda archive: archive.family("a"),
    "seen": lambda archive: archive.seen("sms", "a"),
    "sending": lambda archive: archive.sending("a"),
    "any_before": lambda archive: archive.any_before(1),
    "row_behind": lambda archive: archive.row_behind(1, 2),
    "more_to_forget": lambda archive: archive.more_to_forget(1, 2, 3),
    "open_records": lambda archive: archive.open_records(),
    "records": lambda archive: list(archive.records(1, 2)),
    "activeflows": lambda archive: list(archive.activeflows()),
    "messages": lambda archive: list(archive.messages(1, 2)),
    "ladders": lambda archive: archive.ladders("a"),
    "beginning": lambda archive: archive.beginning("a", 2),
    "newest": lambda archive: archive.newest(),
}


class Explaining(Database):
    """Remembers what was asked of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked: list[tuple[str, Row]] = []

    def rows(self, query: str, values: Iterable[Any] = ()) -> Iterator[Row]:
        self.asked.append((query, tuple(values)))
        return super().rows(query, values)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Explaining]:
    SqliteStore(tmp_path).close()
    made = Explaining(tmp_path / FILE)
    yield made
    made.close()


def scans(db: Database, query: str, values: Row) -> list[str]:
    """The steps of a query that go through a large table."""
    steps = [str(step) for *_, step in db.rows(f"EXPLAIN QUERY PLAN {query}", values)]
    aliases = {"a": "activeflows", "j": "journal", "t": "parked_threads", "m": "parked_messages"}
    return [
        step
        for step in steps
        if step.startswith("SCAN")
        and aliases.get(step.split()[1], step.split()[1]) in _LARGE
        and not step.endswith(_FEW)
    ]


def test_what_is_forgotten_is_found_by_an_index(db: Explaining) -> None:
    assert [scan for each in pruning(1, 2, 3, (4, 5)) for scan in scans(db, *each)] == []


@pytest.mark.parametrize("name", [each for each in vars(statements) if each.isupper()])
def test_what_is_written_finds_its_row_by_an_index(name: str, db: Explaining) -> None:
    given = getattr(statements, name)
    for each in given.values() if isinstance(given, dict) else (given,):
        if isinstance(each, str) and each.startswith(("INSERT", "UPDATE", "DELETE")):
            assert scans(db, each, (None,) * each.count("?")) == []


@pytest.mark.parametrize("what", _ASKED)
def test_what_the_engine_asks_is_found_by_an_index(what: str, db: Explaining, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys", "a")
    keys.lasting()
    _ASKED[what](Archive(db, tmp_path, Sealer(keys)))
    newest_first = "ORDER BY row DESC LIMIT 1", "ORDER BY number DESC LIMIT 1"
    asked = [each for each in db.asked if not each[0].endswith(newest_first)]
    assert asked
    assert [scan for each in asked for scan in scans(db, *each)] == []


def test_a_scan_is_seen(db: Explaining) -> None:
    assert scans(db, "SELECT 1 FROM journal j WHERE j.activeflow = ?", (1,)) != []
