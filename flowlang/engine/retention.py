"""Retention: how long a store keeps what is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from flowlang.model.values import DAY
from flowlang.store.seen import KEPT
from flowlang.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from .engine import Engine

INTERVAL = 60.0
"""Seconds between two times that it forgets a little: 200 activeflows a minute, so 12,000 an hour."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days. Journals go so long after the end of their activeflow, secrets and what could not be delivered
    with them; records of calls so long after their begin."""

    journals: int = 30
    records: int = 400


async def forget(
    engine: Engine, store: SqliteStore, retention: Retention, interval: float = INTERVAL
) -> None:
    """Forgets a little every so many seconds, until cancelled."""
    while True:
        now = engine.now()
        store.prune(now - retention.journals * DAY, now - retention.records * DAY, now - KEPT)
        engine.keeper.wake()
        await trio.sleep(interval)
