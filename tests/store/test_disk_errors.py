"""A disk that fails at any call of SQLite's ends the store in one line, and what it said is kept stays
whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.store import StoreError
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .disk import READ, SYNC, SYNC_LOG, WRITE, Disk, failing_disk
from .recovering import Watched
from .test_damage import BUILD

GROUP = 3  # entries that are committed together
GROUPS = 4


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    monkeypatch.setattr("flowlang.store.database._LOG", 6)  # pages: the log is moved after each other commit
    with failing_disk() as made:
        yield made


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A store with something that lives, and something to forget."""
    folder = tmp_path / "before"
    with SqliteStore(folder) as store:
        for name in ("over", "other"):
            journal = store.journal(name, BUILD)
            journal.open({"flow": "main", "at": 0})
            journal.append(["begin", 0], b"12345678")
            if name == "over":
                journal.end(1, [])
        store.commit()
    return folder


def lived(folder: Path, said: list[int]) -> None:
    """A process: adds to `said` the group that it was told is on disk. Raises `StoreError`."""
    with SqliteStore(folder) as store:
        list(store.archive.live())
        journal = store.journal("one", BUILD)
        journal.open({"flow": "main", "at": 0})
        for group in range(GROUPS):
            for part in range(GROUP):
                journal.append(["event", group, part], b"12345678" * 40)
            if group == 1:
                store.prune(10, 10, 10)
            try:
                store.commit()
            except StoreError:
                journal.append(["event", GROUPS, 0], b"12345678")
                with pytest.raises(StoreError, match="nothing more can be written"):
                    store.commit()  # though the disk may do now
                raise
            said.append(group)


def kept(folder: Path) -> int:
    """Groups that a process finds that has a disk that works; it can go on with them."""
    with SqliteStore(folder) as store:
        stored = {
            each.id: store.archive.entries(each) for each in store.archive.activeflows(all_of_them=True)
        }
        assert [each.given for each in stored["other"]] == [["begin", 0]]
        entries = [each.given[1:] for each in stored.get("one", [])]
        assert entries == [[group, part] for group in range(GROUPS) for part in range(GROUP)][: len(entries)]
        assert len(entries) % GROUP == 0
        store.journal("two", BUILD).open({"flow": "main", "at": 0})
        store.commit()
    return len(entries) // GROUP


@pytest.mark.parametrize("lasting", [False, True])
def test_an_error_at_any_call_loses_nothing_that_was_said_to_be_kept(
    lasting: bool, disk: Disk, before: Path, tmp_path: Path
) -> None:
    at, failures = 0, set[str]()
    while True:
        at += 1
        folder = tmp_path / f"run{at}"
        shutil.copytree(before, folder)
        said: list[int] = []
        told: StoreError | None = None
        disk.begin(at, lasting=lasting)
        try:
            lived(folder, said)
        except StoreError as error:
            told = error
        failed = disk.failed
        failures.update(failed)
        disk.begin()
        assert told is None or "\n" not in str(told)
        assert told is not None or len(said) == GROUPS
        assert len(said) <= kept(folder) <= len(said) + 1, (at, failed, told)
        shutil.rmtree(folder)
        if not failed:
            break
    assert {READ, WRITE, SYNC, SYNC_LOG} <= failures
    assert at > 100


@pytest.mark.parametrize("kind", [SYNC_LOG, WRITE])
async def test_the_engine_ends_with_one_line_and_does_nothing_that_may_be_lost(
    kind: str, disk: Disk, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async def beside(work: Callable[[], None]) -> None:
        work()

    async def live() -> None:
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(store=store, beside=beside) as engine:
                engine.observe(watched)
                engine.load_text('flow main { log "a"\nwait for signal "x"\nlog "b" }')
                engine.recover()
                run = engine.start("main")
                await trio.sleep(1)
                disk.begin(1, kind)
                engine.signal(run.id, "x")
                await trio.sleep(1)
                raise AssertionError("it goes on")

    watched = Watched()
    with pytest.raises(StoreError, match=r"nothing more can be written .* is not known; flowlang stops"):
        await live()
    assert watched.lines == ["a"]
    with open_archive(tmp_path) as archive:
        (stored,) = archive.activeflows(all_of_them=True)
        assert len(archive.entries(stored)) in (1, 2)


def test_a_sync_that_failed_is_not_asked_again(disk: Disk, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    journal = store.journal("one", BUILD)
    journal.open({"flow": "main", "at": 0})
    store.commit()
    journal.append(["event", 0, 0], b"12345678")
    disk.begin(1, SYNC_LOG)
    with pytest.raises(StoreError):
        store.commit()
    assert store.pending
    with pytest.raises(StoreError):  # as an engine does that is left
        store.commit()
    store.close()
    assert (disk.calls, disk.failed) == (1, [SYNC_LOG])


def test_a_log_that_cannot_be_moved_into_the_database_is_told(disk: Disk, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    journal = store.journal("one", BUILD)
    journal.open({"flow": "main", "at": 0})
    disk.begin(1, SYNC)
    journal.append(["event", 0, 0], b"12345678" * 5_000)
    with pytest.raises(StoreError, match="nothing more can be written"):
        store.commit()
    store.close()
    assert (disk.calls, disk.failed) == (1, [SYNC])
    disk.begin()
    with SqliteStore(tmp_path) as store:
        (stored,) = store.archive.activeflows()
        assert store.archive.entries(stored)
