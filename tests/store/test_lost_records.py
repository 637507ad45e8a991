"""The record of a call that was up at a crash is closed as of when the process was last known to be there,
and no sum in it is longer than the call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

import flowlang
from flowlang.model.cdr import CallRecord
from flowlang.model.values import SECOND
from flowlang.store.sqlite import SqliteStore

ANSWERED = 1_000_000 * SECOND
ROW: dict[str, Any] = {
    "leg": "a", "call_id": "c", "direction": "in", "source": "a", "to": "b", "ended": None,
    "started": ANSWERED - 2 * SECOND, "rang": ANSWERED - SECOND, "answered": ANSWERED,
}  # fmt: skip


async def closed(folder: Path, alive: int, row: dict[str, Any]) -> CallRecord:
    """The record, where the process was last known to be there so many seconds behind the answer."""
    with SqliteStore(folder) as store:
        store.keep_record(ROW | row)
        store.alive(ANSWERED + alive * SECOND)
        store.commit()
    with SqliteStore(folder) as store:
        async with flowlang.open_engine(store=store) as engine:
            (record,) = engine.recover().records
    return record


@pytest.mark.parametrize(
    ("alive", "held", "since", "talks", "is_held"),
    [
        (10, 4, None, 10, 4),
        (10, 4, 7, 10, 7),  # on hold at the crash
        (10, 14, None, 14, 14),  # the hold ended behind the last sign of life
        (10, 4, 17, 17, 4),  # and another began there
        (-5, 4, None, 4, 4),  # a clock that was set back
    ],
)
async def test_nobody_is_held_for_longer_than_the_call_was_up(
    alive: int, held: int, since: int | None, talks: int, is_held: int, tmp_path: Path,
    autojump_clock: trio.testing.MockClock,
) -> None:  # fmt: skip
    began = None if since is None else ANSWERED + since * SECOND
    record = await closed(tmp_path, alive, {"held": held * SECOND, "held_since": began})
    assert (record.talked, record.held) == (talks * SECOND, is_held * SECOND)
    assert record.cause == "lost"
