"""Retention: how long a store keeps what is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from flowlang.model.observations import Logged
from flowlang.model.values import DAY
from flowlang.store.protocol import ForgettingStore
from flowlang.store.seen import KEPT

if TYPE_CHECKING:
    from .engine import Engine

INTERVAL = 60.0
"""Seconds from when all that was over is forgotten to the next look."""
_PAUSE = 0.05
"""Seconds between two slices, at least; as long as the last one took where that is longer, so that the disk
is there for calls half of the time."""


DOUBT = 86_400.0
"""Seconds that nothing is forgotten after a start at which the clock may be wrong: time to see it."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days. Journals go so long after the end of their activeflow, secrets and ladders with them, and what
    could not be delivered so long after it was given up; records of calls and messages so long after their
    begin."""

    journals: int = 30
    records: int = 400


async def forget(
    engine: Engine, store: ForgettingStore, retention: Retention, interval: float = INTERVAL
) -> None:
    """Forgets what is over slice after slice, and looks again every so many seconds, until cancelled. Where
    all is older than what is kept, it waits for `DOUBT`: nothing was written for that long, or the clock is
    wrong. What is written then proves nothing, so that the next process waits as well."""
    now, shortest = engine.now(), min(retention.journals, retention.records)
    if store.newest and (gap := now - store.newest) > shortest * DAY:
        text = (
            f"the clock is {gap // DAY} days past all that is kept: nothing is forgotten before flowlang has "
            f"run for {DOUBT / 3600:.0f} hours; if the clock is wrong, set it and start again"
        )
        engine.observed(Logged(now, "", text, 0, "warning"))
        store.doubt(store.newest)
        engine.keeper.wake()
        await trio.sleep(DOUBT)
    store.doubt(None)
    while True:
        began, now = trio.current_time(), engine.now()
        more = store.prune(now - retention.journals * DAY, now - retention.records * DAY, now - KEPT)
        await engine.keeper.on_disk()
        await trio.sleep(max(_PAUSE, trio.current_time() - began) if more else interval)
