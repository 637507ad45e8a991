"""A row that is damaged is told in a line, and keeps nothing from going on that does not need it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

import flowlang
from flowlang.store import StoreError
from flowlang.store.reading import FILE, open_archive
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow

_TEXT = 'flow main { loop up to 5 { wait for signal "x" } }'


async def three(folder: Path) -> list[str]:
    """Activeflows that live, with three entries each."""
    with SqliteStore(folder) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load_text(_TEXT)
            ids = [engine.start("main").id for _ in range(3)]
            for each in (*ids, *ids):
                assert await engine.signalled(each, "x")
    return ids


def spoil(folder: Path, *statements: str) -> None:
    db = apsw.Connection(str(folder / FILE))
    for each in statements:
        db.execute(each)  # pyright: ignore[reportUnknownMemberType]
    db.close()


async def test_what_cannot_be_read_diverges_and_the_others_go_on(tmp_path: Path) -> None:
    ids = await three(tmp_path)
    spoil(
        tmp_path,
        "UPDATE journal SET given = '[\"begin\",17' WHERE activeflow = 1 AND previous = 0",
        "UPDATE activeflows SET opening = CAST(x'7bff' AS TEXT) WHERE number = 2",
        "INSERT INTO outbox VALUES ('key', 'x', '{', 0, 'open', 0, NULL)",
        "INSERT INTO dialogs (leg, dialog) VALUES ('leg', '{')",
    )
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            recovered = engine.recover()
            assert recovered.live == (ids[2],)
            assert set(recovered.diverged) == set(ids[:2])
            assert all("damaged there" in each for each in recovered.diverged.values())
            assert await engine.signalled(ids[2], "x")
    for each in ids[:2]:
        done = flow("show", each, "--data", tmp_path)
        assert "damaged there" in done.err + done.out
        assert done.err.count("\n") <= 1
    assert flow("ps", "--data", tmp_path).code == 0


async def test_an_entry_that_is_gone_is_missed(tmp_path: Path) -> None:
    ids = await three(tmp_path)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            for each in ids:
                engine.stop(each)
            await engine.signalled(ids[0], "x")
    spoil(tmp_path, "DELETE FROM journal WHERE previous = 0")
    with open_archive(tmp_path) as archive:
        for stored in archive.activeflows(all_of_them=True):
            assert archive.entries(stored)[0].given == ["damaged"]


async def test_a_message_that_cannot_be_read_is_told_in_the_outbox_and_stays_until_it_is_dropped(
    tmp_path: Path,
) -> None:
    SqliteStore(tmp_path).close()
    spoil(tmp_path, "INSERT INTO outbox VALUES ('spoilt', 'x', CAST(x'7bff' AS TEXT), 0, 'open', 0, NULL)")
    assert "spoilt" in flow("outbox", "--data", tmp_path).out
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            await engine.keeper.on_disk()
            (kept,) = store.archive.outbox()
            assert (kept.state, kept.reason) == ("failed", kept.unsendable)
            with pytest.raises(StoreError, match="it is damaged on disk"):
                engine.outbox.retry("spoilt")
    assert "it is damaged on disk" in flow("outbox", "--data", tmp_path).out
    assert flow("outbox", "--data", tmp_path, "--drop", "spoilt").code == 0
    assert "spoilt" not in flow("outbox", "--data", tmp_path).out


async def test_a_record_whose_text_is_damaged_is_closed_and_listed_all_the_same(tmp_path: Path) -> None:
    row = {"leg": "a", "call_id": "c", "direction": "in", "source": "a", "to": "+1415", "held": 0}
    with SqliteStore(tmp_path) as store:
        store.keep_record(row | {"started": 1, "ended": None})
        store.commit()
    spoil(tmp_path, """UPDATE records SET "to" = CAST(x'2b31ff' AS TEXT)""")
    for closed in (1, 0):
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(store=store) as engine:
                assert len(engine.recover().records) == closed
    done = flow("cdr", "--data", tmp_path)
    assert (done.code, "+1\ufffd" in done.out) == (0, True)


def overwritten(data: bytes) -> bytes:
    return data[:4096] + b"\xa5" * (len(data) - 4096)


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2 + 77]


@pytest.mark.parametrize("change", [overwritten, cut])
async def test_pages_that_are_damaged_are_one_line(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    ids = await three(tmp_path)
    spoil(tmp_path, "PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / FILE).write_bytes(change((tmp_path / FILE).read_bytes()))
    with pytest.raises(StoreError) as told, SqliteStore(tmp_path) as store:
        list(store.archive.live())
    assert "\n" not in str(told.value)
    for command in (("ps",), ("show", ids[0])):
        done = flow(*command, "--data", tmp_path)
        assert (done.code != 0, done.err.count("\n")) == (True, 1)
