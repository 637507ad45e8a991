"""A copy that SQLite makes of the store of a server at work, as docs/operating.md tells, is one to go on
from."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import trio

from flowlang.store.database import Database
from flowlang.store.reading import FILE, open_archive
from flowlang.store.schema import VERSION
from flowlang.store.sqlite import SqliteStore

from .recovering import Watched, engine_on

TEXT = """
flow main {
    let told = []
    on signal "tell" as s { told = [...told, s.data]; log "told ${told}" }
    wait 1d
}
"""


async def test_a_copy_of_a_store_that_is_written_goes_on_where_it_was(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    backup.mkdir(mode=0o700)
    async with engine_on(SqliteStore(data), TEXT) as (engine, _):
        run = engine.start("main").id
        await trio.sleep(1)
        assert await engine.signalled(run, "tell", 1)
        with closing(Database(data / FILE, read_only=True)) as db:
            db.execute("VACUUM INTO ?", (str(backup / FILE),))
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
