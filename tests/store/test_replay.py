"""What comes out of a store is what went in: random scripts with random inputs, written in random groups,
parked now and then and read by the next process, are brought to the same line with the same variables."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlang.core.inspect import strands_of
from flowlang.core.journal import Entry
from flowlang.core.outputs import ending_to_plain
from flowlang.diagnostics import Source
from flowlang.engine.replay import Builds, NotReplayed, replayed
from flowlang.store import Build
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteJournal, SqliteStore
from tests.core.machine import TEST_ACTIONS, compiled
from tests.core.scripts import random_script
from tests.core.test_determinism import LIMITS, Told

chances = st.randoms(use_true_random=False)


def build_of(text: str) -> Build:
    return Build((Source("random.flow", text),), (), LIMITS, tuple(TEST_ACTIONS.values()))


def written(folder: Path, text: str, run: Told, chance: Random) -> None:
    """The journal of a run, in as many processes as chance will have it."""
    entries = list(run.journal.entries)
    opened = False
    while not opened or entries:
        with SqliteStore(folder) as store:
            if not opened:
                journal = store.journal(run.flow.id, build_of(text))
                journal.open(run.journal.opening)
                opened = True
            else:
                found = list(store.archive.live())
                if found:
                    stored, _, last = found[0]
                    journal = store.journal_of(stored, last)
                else:
                    stored = store.archive.parked(run.flow.id)
                    assert stored is not None
                    journal = store.journal_of(stored, stored.last or 0)
                    store.unpark(journal)
            some_of_them(store, journal, entries, chance)
            if not entries and run.ending is not None and run.ending.how != "handoff":
                journal.end(run.flow.at, ending_to_plain(run.ending))
            store.commit()


def some_of_them(store: SqliteStore, journal: SqliteJournal, entries: list[Entry], chance: Random) -> None:
    while entries and chance.randrange(12):
        entry = entries.pop(0)
        journal.append(entry.given, entry.outcome)
        if not chance.randrange(4):
            store.commit()
        if not chance.randrange(6):
            store.park(journal, chance.choice((None, 5)), [("sms", "a", None, 1)], ["m"])
            store.commit()
            if chance.randrange(3):
                store.unpark(journal)
            else:
                return


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(chance=chances, seed=st.integers(0, 1 << 32))
def test_a_journal_read_from_the_store_leads_to_the_same_line_with_the_same_variables(
    chance: Random, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = random_script(chance)
    run = Told(compiled(text), Random(seed))
    folder = tmp_path_factory.mktemp("store")
    written(folder, text, run, Random(seed))
    with open_archive(folder) as archive:
        (stored,) = archive.activeflows(all_of_them=True)
        entries = archive.entries(stored)
        assert [each.outcome for each in entries] == [each.outcome for each in run.journal.entries]
        again = replayed(stored, entries, Builds(archive))
        assert strands_of(again.flow) == (run.states[-1] if run.states else ())
        assert (again.flow.ending is None) == (run.ending is None or run.ending.how == "handoff")
        if entries:
            entries[-1].outcome = b"another!"
            with pytest.raises(NotReplayed, match=f"entry {len(entries) - 1} "):
                replayed(stored, entries, Builds(archive))
