"""The block of docs/operating.md that copies a data folder while its server works, as it stands there: what
it makes is a folder to go on from."""

from __future__ import annotations

import re
import stat
import subprocess
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import trio

from flowlang.store.database import Database
from flowlang.store.reading import FILE, open_archive
from flowlang.store.schema import VERSION
from flowlang.store.sqlite import SqliteStore
from tests.peers.program import find

from .recovering import Watched, engine_on

DOCUMENT = Path(__file__).parents[2] / "docs" / "operating.md"
TEXT = """
flow main {
    let told = []
    on signal "tell" as s { told = [...told, s.data]; log "told ${told}" }
    wait 1d
}
"""


def block() -> str:
    """The commands."""
    found = re.search(r"^## Backup\n.*?^```sh\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def copied(data: Path, backup: Path) -> None:
    """Makes a backup as the document says."""
    find("sqlite3")
    where = {"DATA": str(data), "BACKUP": str(backup), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", block()], env=where, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_a_copy_of_a_store_that_is_written_goes_on_where_it_was(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    async with engine_on(SqliteStore(data), TEXT) as (engine, _):
        run = engine.start("main").id
        await trio.sleep(1)
        assert await engine.signalled(run, "tell", 1)
        copied(data, backup)
        assert await engine.signalled(run, "tell", "is not in the copy")
    with open_archive(backup) as archive:
        assert [each.id for each in archive.activeflows()] == [run]
    lines = Watched()
    async with engine_on(SqliteStore(backup), None, lines) as (engine, recovered):
        assert recovered.live == (run,)
        assert await engine.signalled(run, "tell", 2)
        await trio.sleep(1)
    assert lines.lines == ["told [1, 2]"]
    with closing(Database(backup / FILE, read_only=True)) as db:
        assert db.value("PRAGMA user_version") == VERSION


@pytest.mark.parametrize(
    "more", [(), ("values.db", "chat.db", "opted_out", "smpp-a.sent", "smpp-a.sent.old", "schedule-b.json")]
)
def test_a_copy_has_what_is_there_for_its_owner_alone_and_leaves_the_folder_as_it_is(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    data, backup = tmp_path / "a data folder", tmp_path / "a backup"
    with SqliteStore(data), ExitStack() as open_ones:
        for name in more:
            if name.endswith(".db"):
                db = open_ones.enter_context(closing(Database(data / name)))
                db.execute("CREATE TABLE said (text)")
            else:
                (data / name).write_text("a line\n")
        before = sorted(each.name for each in data.iterdir())
        copied(data, backup)
        assert sorted(each.name for each in data.iterdir()) == before
    assert {each.name for each in backup.iterdir()} == {FILE, *more}
    for each in (backup, *backup.iterdir()):
        assert not stat.S_IMODE(each.stat().st_mode) & 0o077
