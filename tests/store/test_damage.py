"""Whatever becomes of the disk: what is read is what was committed, in whole groups."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from flowlang.core.limits import Limits
from flowlang.diagnostics import Source
from flowlang.store import Build, StoreError
from flowlang.store.database import Database
from flowlang.store.reading import FILE, open_archive
from flowlang.store.schema import VERSION
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow

BUILD = Build((Source("a.flow", "flow main { }"),), (), Limits(), ())
GROUP = 3  # entries that are committed together
LAST = 8 * 1024  # bytes of the log that are cut off one by one


def filled(folder: Path, groups: int) -> None:
    """A store whose log has so many commits, left as by a crash: nothing is moved into the database."""
    store = SqliteStore(folder)
    journal = store.journal("one", BUILD)
    journal.open({"flow": "main", "at": 0})
    for number in range(groups):
        for part in range(GROUP):
            journal.append(["event", number, part], b"12345678")
        store.commit()
    for each in folder.iterdir():
        shutil.copy(each, folder.parent / f"kept-{each.name}")
    store.close()
    for each in tuple(folder.iterdir()):
        each.unlink()
    for each in folder.parent.glob("kept-*"):
        each.rename(folder / each.name.removeprefix("kept-"))


def test_a_log_cut_at_every_byte_of_its_last_8_kb_gives_whole_groups(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    filled(origin, 12)
    database, log = (origin / FILE).read_bytes(), (origin / f"{FILE}-wal").read_bytes()
    folder = tmp_path / "cut"
    folder.mkdir()
    (folder / FILE).write_bytes(database)
    (folder / f"{FILE}-wal").write_bytes(log)
    seen: set[int] = set()
    before = 12 * GROUP
    for cut in range(LAST + 1):
        os.truncate(folder / f"{FILE}-wal", len(log) - cut)
        (folder / f"{FILE}-shm").unlink(missing_ok=True)
        db = Database(folder / FILE, read_only=True)
        rows = list(db.rows("SELECT given FROM journal ORDER BY row"))
        db.close()
        assert len(rows) % GROUP == 0
        assert len(rows) <= before
        before = len(rows)
        seen.add(len(rows))
    assert len(seen) >= 2
    with SqliteStore(folder) as store:  # and it can be gone on with
        assert store.row == before
        journal = store.journal("two", BUILD)
        journal.open({"flow": "main", "at": 0})
        store.commit()


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    db = Database(tmp_path / FILE)
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(StoreError, match="by a newer flowlang"):
        SqliteStore(tmp_path)
    with pytest.raises(StoreError, match="by a newer flowlang"), open_archive(tmp_path):
        pass
    told = flow("ps", "--data", tmp_path)
    line = f"is by a newer flowlang (version {VERSION + 1} of the store, this one knows {VERSION})"
    assert (told.code != 0, told.err.count("\n"), line in told.err) == (True, 1, True)


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database at all, whatever its name says" * 50)
    with pytest.raises(StoreError, match="no database, or a damaged one"):
        SqliteStore(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    db = Database(other / FILE)
    db.execute("CREATE TABLE mine (a)")
    db.close()
    with pytest.raises(StoreError, match="no store of flowlang's"):
        SqliteStore(other)


def test_one_process_at_a_time_has_a_folder(tmp_path: Path) -> None:
    with SqliteStore(tmp_path), pytest.raises(StoreError, match="another flowlang uses this folder"):
        SqliteStore(tmp_path)
    SqliteStore(tmp_path).close()


def test_others_may_read_beside_the_one_that_writes(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        journal = store.journal("one", BUILD)
        journal.open({"flow": "main", "at": 0})
        store.commit()
        with open_archive(tmp_path) as archive:
            assert [each.id for each in archive.activeflows()] == ["one"]
            journal.append(["event", 1], b"12345678")
            store.commit()
            (stored,) = archive.activeflows()
            assert len(archive.entries(stored)) == 1


def test_a_build_comes_back_as_it_was(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        store.journal("one", BUILD).open({"flow": "main", "at": 0})
        store.commit()
        again = store.archive.build(BUILD.hash)
        assert (again.manifest, again.texts) == (BUILD.manifest, BUILD.texts)
        assert again.limits == BUILD.limits


def test_others_cannot_read_what_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "open to all"
    folder.mkdir(mode=0o755)
    with SqliteStore(folder) as store:
        store.journal("one", BUILD).open({"flow": "main", "at": 0})
        store.commit()
        for each in folder.iterdir():
            assert each.stat().st_mode & 0o077 == 0, each.name
