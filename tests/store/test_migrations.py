"""A store of any older version becomes one of this, whole, and an error on the way leaves it as one of some
version."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Template

import pytest

from flowlang.store import StoreError
from flowlang.store.database import Database
from flowlang.store.keys import Keys
from flowlang.store.reading import FILE, open_archive
from flowlang.store.schema import APPLICATION, VERSION
from flowlang.store.sqlite import SqliteStore
from flowlang.store.thread_names import ThreadNames

from .disk import Disk, failing_disk
from .test_damage import BUILD

AT = 1_800_000_000_000_000
OPENING = f'{{"flow":"main","at":{AT}}}'
ROWS = {
    1: """
        INSERT INTO activeflows (number, id, build, opening, first, state, began)
            VALUES (1, 'lives', $build, $opening, 1, 'live', $at);
        INSERT INTO activeflows (number, id, build, opening, first, state, began, ended, last, ending)
            VALUES (2, 'over', $build, $opening, 3, 'ended', $at, $at, 3, '[]');
        INSERT INTO journal VALUES
            (1, 1, 0, '["begin",0]', x'00'), (2, 1, 1, '["time",0]', x'01'), (3, 2, 0, '["begin",0]', x'00');
        INSERT INTO records (leg, started, call_id, direction, source, "to", held)
            VALUES ('leg', $at, 'c', 'in', 'a', 'b', 0);
        INSERT INTO alive VALUES (1, $at);
    """,
    2: """
        INSERT INTO activeflows (number, id, build, opening, first, state, began, last, due)
            VALUES (3, 'parked', $build, $opening, 4, 'parked', $at, 4, $at);
        INSERT INTO journal VALUES (4, 3, 0, '["begin",0]', x'00');
        INSERT INTO parked_threads VALUES ('email', 'Ann@A.example', 'Us@B.example', 3);
    """,
    3: """INSERT INTO outbox VALUES ('key', 'lives', '{"text":"hi"}', $at, 'failed', 1, 'no line');""",
    5: """INSERT INTO dialogs VALUES ('leg', '{"n":1}');""",
    6: "INSERT INTO seen VALUES (x'00', $at);",
}
"""What each version could have that those before could not."""


def made(folder: Path, version: int) -> None:
    """A store as that version left it."""
    folder.mkdir()
    db = Database(folder / FILE)

    def names() -> ThreadNames:
        return ThreadNames(Keys(folder / "keys", db.value("SELECT name FROM identity")))

    db.add_function("thread_name", lambda *thread: names().of(*thread))
    db.add_function("thread_mark", lambda: names().mark)
    for number in range(1, version + 1):
        db.execute((files("flowlang.store") / "migrations" / f"{number:04}.sql").read_text())
        if number == 1:
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.many("INSERT INTO texts VALUES (?, ?)", BUILD.texts.items())
            db.many("INSERT INTO builds VALUES (?, ?)", [(BUILD.hash, BUILD.manifest)])
        build = f"x'{BUILD.hash.hex()}'"
        db.execute(Template(ROWS.get(number, "")).substitute(build=build, opening=f"'{OPENING}'", at=AT))
    db.execute(f"PRAGMA user_version = {version}")
    db.close()


def is_whole(folder: Path, version: int) -> None:
    """All that was in it is there; and it is gone on with."""
    with SqliteStore(folder, folder / "keys") as store:
        archive = store.archive
        live = {each.id: entries for each, entries, _ in archive.live()}
        assert [each.given[0] for each in live["lives"]] == ["begin", "time"]
        assert [each["leg"] for each in archive.open_records()] == ["leg"]
        assert archive.last_alive == AT
        assert archive.build(BUILD.hash).texts == BUILD.texts
        if version >= 2:
            thread = archive.with_thread("email", "ann@a.example", "us@b.example", 9)
            assert [each for each, _ in thread] == ["parked"]
            assert [each.id for each in archive.due(AT, 9, (0, 0))] == ["parked"]
        if version >= 3:
            assert [each.reason for each in archive.outbox()] == ["no line"]
        if version >= 5:
            assert archive.dialogs() == {"leg": {"n": 1}}
        store.journal("new", BUILD).open({"flow": "main", "at": AT})
        store.prune(AT + 1, AT + 1, AT + 1)
        store.commit()
        assert {each.id for each in archive.activeflows(all_of_them=True)} >= {"lives", "new"}


@pytest.mark.parametrize("version", range(1, VERSION))
def test_one_of_an_older_version_has_all_that_it_had(version: int, tmp_path: Path) -> None:
    made(tmp_path / "data", version)
    with pytest.raises(StoreError, match="is of an older flowlang"), open_archive(tmp_path / "data"):
        pass
    is_whole(tmp_path / "data", version)


@pytest.fixture
def disk() -> Iterator[Disk]:
    with failing_disk() as found:
        yield found


def test_an_error_of_the_disk_while_it_is_moved_leaves_it_whole(disk: Disk, tmp_path: Path) -> None:
    made(tmp_path / "old", 1)
    at, failed = 0, ["begin"]
    while failed:
        at += 1
        folder = tmp_path / f"run{at}"
        shutil.copytree(tmp_path / "old", folder)
        disk.begin(at)
        told: list[str] = []
        try:
            SqliteStore(folder, folder / "keys").close()
        except StoreError as error:
            told.append(str(error))
        failed = disk.failed
        disk.begin()
        assert all("\n" not in each for each in told)
        is_whole(folder, 1)
        shutil.rmtree(folder)
    assert at > 50
