"""What a store forgets after its time: statements for one transaction, each a slice that is found by an
index, so that neither a call nor a commit waits for long.

Of an activeflow that ended (or diverged) so long ago its journal goes, along the chain of its entries, and it
with it; then texts that no activeflow runs on. What nothing leads to any more is looked for in the journal
too, a stretch at a time. What the outbox gave up goes by the same time, records of calls and messages by one
of their own, and so does what is known of messages that were here.
"""

from __future__ import annotations

from .database import Row

ACTIVEFLOWS = 200
"""Activeflows that are forgotten at once."""
ROWS = 2_000
"""Rows of other tables that are forgotten at once."""
SWEPT = 5_000
"""Rows of the journal that are looked at once for those that nothing leads to."""

_EXPIRED = "SELECT number FROM activeflows WHERE ended < ? ORDER BY ended, number LIMIT ?"
_LASTS = f"SELECT last FROM activeflows WHERE number IN ({_EXPIRED})"  # noqa: S608 (ours)
_DELETE_CHAINS = (
    "DELETE FROM journal WHERE row IN (WITH RECURSIVE chain (row) AS ({} "
    "UNION ALL SELECT j.previous FROM chain c JOIN journal j ON j.row = c.row WHERE j.previous > 0) "
    "SELECT row FROM chain)"
)
_JOURNAL = _DELETE_CHAINS.format(_LASTS)
DELETE_CHAIN = _DELETE_CHAINS.format("VALUES (?)")
"""Forgets an entry and all before it."""
_GONE = f"DELETE FROM activeflows WHERE number IN ({_EXPIRED})"  # noqa: S608 (ours)
_IDS = f"SELECT id FROM activeflows WHERE number IN ({_EXPIRED})"  # noqa: S608 (ours)
_THREADS = f"DELETE FROM parked_threads WHERE activeflow IN ({_EXPIRED})"  # noqa: S608 (ours)
_PARKED_MESSAGES = f"DELETE FROM parked_messages WHERE activeflow IN ({_EXPIRED})"  # noqa: S608 (ours)
_LADDERS = f"DELETE FROM ladders WHERE activeflow IN ({_IDS})"  # noqa: S608 (ours)
_LEFT_BEHIND = (
    "DELETE FROM journal WHERE row IN (SELECT j.row FROM journal j "
    "LEFT JOIN activeflows a ON a.number = j.activeflow "
    "WHERE j.row > ? AND j.row <= ? AND (a.number IS NULL OR j.row < a.first))"
)
_BUILDS = "DELETE FROM builds WHERE NOT EXISTS (SELECT 1 FROM activeflows WHERE build = builds.hash)"
_TEXTS = (
    "DELETE FROM texts WHERE hash NOT IN (SELECT unhex(json_extract(each.value, '$[1]')) "
    "FROM builds, json_each(builds.manifest, '$.sources') AS each)"
)
_OVER = "SELECT started, leg FROM records WHERE started < ? AND ended IS NOT NULL ORDER BY started LIMIT ?"
_RECORDS = f"DELETE FROM records WHERE (started, leg) IN ({_OVER})"  # noqa: S608 (ours)
_SAID = "SELECT key FROM messages WHERE started < ? ORDER BY started LIMIT ?"
_MESSAGES = f"DELETE FROM messages WHERE key IN ({_SAID})"  # noqa: S608 (ours)
_OLD = "SELECT message FROM seen WHERE at < ? ORDER BY at LIMIT ?"
_SEEN = f"DELETE FROM seen WHERE message IN ({_OLD})"  # noqa: S608 (ours)
_GIVEN_UP = "SELECT key FROM outbox WHERE since < ? AND state <> 'open' ORDER BY since LIMIT ?"
_OUTBOX = f"DELETE FROM outbox WHERE key IN ({_GIVEN_UP})"  # noqa: S608 (ours)

LEFT = " OR ".join(f"EXISTS ({each} OFFSET ?)" for each in (_EXPIRED, _OVER, _SAID, _OLD, _GIVEN_UP))
"""Whether there is more than one slice takes, as a query with the values of `left`."""


def left(journals: int, records: int, seen: int) -> Row:
    """The values of `LEFT`, for the times of `pruning`."""
    expired = (journals, 1, ACTIVEFLOWS)
    return (*expired, *(value for at in (records, records, seen, journals) for value in (at, 1, ROWS)))


def pruning(journals: int, records: int, seen: int, swept: tuple[int, int]) -> list[tuple[str, Row]]:
    """What forgets journals of activeflows that were over by then and what was given up of older messages,
    records of calls and messages that began before, and that messages were here before; all in microseconds
    since 1970-01-01 UTC. `swept` is the stretch of the
    journal that is looked at: behind its first row, up to its second one."""
    expired = journals, ACTIVEFLOWS
    return [
        (_JOURNAL, expired),
        (_LADDERS, expired),
        (_THREADS, expired),
        (_PARKED_MESSAGES, expired),
        (_GONE, expired),
        (_LEFT_BEHIND, swept),
        (_BUILDS, ()),
        (_TEXTS, ()),
        (_RECORDS, (records, ROWS)),
        (_MESSAGES, (records, ROWS)),
        (_OUTBOX, (journals, ROWS)),
        (_SEEN, (seen, ROWS)),
    ]
