"""Reading a store: what lives in it, journals, builds, records. Works beside the process that writes it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import groupby, takewhile
from operator import itemgetter
from pathlib import Path
from typing import Any

from flowlang.core.journal import Entry
from flowlang.core.opening import Opening
from flowlang.model.message_record import MessageRecord
from flowlang.model.plain import Sealed
from flowlang.model.values import SECOND

from .builds import Build
from .coding import DAMAGED, decode
from .database import Database, DatabaseError, Row, why
from .entries import entries_of
from .errors import StoreError
from .files import owner_of, unusable
from .keys import Keys, default_keys
from .pruning import LEFT, left
from .reader import Reader
from .requests import Request
from .schema import VERSION, check_version
from .sealing import Sealer
from .seen import seen_key
from .sending import Sending
from .statements import (
    MESSAGE_RECORD,
    MESSAGE_TEXTS,
    OPEN_RECORD,
    RECORD,
    RECORD_TEXTS,
    SENDING,
    STORED,
    selected,
)
from .stored import Stored
from .thread_names import ThreadNames

__all__ = ["FILE", "Archive", "keys_of", "open_archive"]

FILE = "flowlang.db"

_BUILDS = 16
"""Builds that are kept in memory, the last that were asked for: a few texts change often, many seldom."""

_LIVING = "WHERE state <> 'ended' AND state = 'live'"  # so written the index `living` is taken
_NOT_ENDED = (  # by the index `living`: in the order of the table all that ended would be gone through
    "WHERE number IN (SELECT number FROM activeflows WHERE state <> 'ended') ORDER BY number"
)
_FIRST = f"SELECT min(coalesce(last, first - 1)) FROM activeflows {_LIVING}"  # noqa: S608 (ours)
_DUE = "WHERE state = 'parked' AND due IS NOT NULL AND (due, number) > (?, ?) ORDER BY due, number"
_OLDER = (
    "SELECT 1 FROM activeflows WHERE began < ? UNION ALL SELECT 1 FROM outbox WHERE since < ? UNION ALL "
    # Of a request the month of its key says when it was asked.
    "SELECT 1 FROM requests WHERE CASE WHEN json_valid(given) THEN json_extract(given, '$.$sealed[0]') END "
    "< strftime('%Y-%m', ?, 'unixepoch') LIMIT 1"
)
_STORED = f"SELECT {selected(STORED, 'opening', 'ending')} FROM activeflows"  # noqa: S608 (ours)
_MESSAGES = f"SELECT {selected(MESSAGE_RECORD, *MESSAGE_TEXTS)} FROM messages"  # noqa: S608 (ours)
_SENDINGS = f"SELECT {selected(SENDING, 'command')} FROM outbox"  # noqa: S608 (ours)

# Entries are a chain: each names the row before. Up to the row `last`, where that is known, the chain is
# walked, so that what others wrote meanwhile is not read; what came after is found by the number.
_CHAIN = (
    "WITH RECURSIVE chain (row, previous, given, outcome) AS ("
    "SELECT row, previous, given, outcome FROM journal WHERE row = ? UNION ALL "
    "SELECT j.row, j.previous, j.given, j.outcome FROM chain c JOIN journal j ON j.row = c.previous) "
    "SELECT previous, CAST(given AS BLOB), outcome FROM chain ORDER BY row"
)
_SINCE = "SELECT CAST(given AS BLOB), outcome FROM journal WHERE row > ? AND activeflow = ? ORDER BY row"
_LIVE_SINCE = (
    "SELECT j.activeflow, j.row, CAST(j.given AS BLOB), j.outcome FROM journal j JOIN activeflows a "
    "ON a.number = j.activeflow WHERE j.row > ? AND a.state = 'live' "
    "AND j.row > coalesce(a.last, a.first - 1) ORDER BY j.activeflow, j.row"
)


_NO_ROWS: tuple[Any, Iterator[Row]] = None, iter(())

_NEWEST = (
    "SELECT at FROM alive",
    "SELECT began FROM activeflows ORDER BY number DESC LIMIT 1",
    # Of each input its time; what is damaged is for recovery to tell of.
    "SELECT json_extract(given, '$[1]') FROM journal WHERE json_valid(given) ORDER BY row DESC LIMIT 1",
    "SELECT max(started) FROM records",
)


class Archive:
    """Reads through a connection."""

    def __init__(self, db: Database, folder: Path, sealer: Sealer) -> None:
        self._db = Reader(db, folder)
        self._decode = sealer.decode
        self.names = ThreadNames(sealer.keys)
        """What threads are found by."""
        self._folder = folder
        self._builds = lru_cache(_BUILDS)(self._build)

    def live(self) -> Iterator[tuple[Stored, list[Entry], int]]:
        """All that live and are not parked, oldest first: each with its entries and the row of the last
        one."""
        since = self._db.value(_FIRST)
        by_activeflow = groupby(self._db.rows(_LIVE_SINCE, (since or 0,)), itemgetter(0))
        number, rows = next(by_activeflow, _NO_ROWS)
        for stored in self._stored(f"{_LIVING} ORDER BY number"):
            own: list[Row] = []
            if number == stored.number:
                own += rows
                number, rows = next(by_activeflow, _NO_ROWS)
            last = own[-1][1] if own else stored.last or 0
            yield stored, self._chain(stored.last) + self._entries(own), last

    def activeflows(self, *, all_of_them: bool = False) -> Iterator[Stored]:
        """Those that did not end, or all; oldest first."""
        return self._stored("ORDER BY number" if all_of_them else _NOT_ENDED)

    def beginning(self, wanted: str, most: int) -> list[Stored]:
        """Those whose ids begin so, those that live before those that are over; the one alone that has this
        id."""
        found = list(self._stored("WHERE id = ?", wanted))
        if not found and wanted:
            which = "WHERE id > ? AND id < ? AND state {} 'ended' ORDER BY number LIMIT ?"
            for over in ("<>", "="):
                span = wanted, f"{wanted}\U0010ffff", most - len(found)
                found += self._stored(which.format(over), *span)
        return found

    def requests(self) -> list[Request]:
        """What was asked while no process ran, in order; what cannot be read is an input of nobody's."""
        rows = self._db.rows("SELECT number, activeflow, CAST(given AS BLOB) FROM requests ORDER BY number")
        return [self._request(*row) for row in rows]

    def _request(self, number: int, activeflow: str, given: bytes) -> Request:
        plain = self._readable(given, dict)
        match plain:
            case {"$secret": list(opened)}:  # pyright: ignore[reportUnknownVariableType]
                return Request(number, activeflow, opened)  # pyright: ignore[reportUnknownArgumentType]
            case Sealed():
                return Request(number, activeflow, [], plain.why)
            case _:
                return Request(number, activeflow, [])

    def ladders(self, activeflow: str) -> dict[str, list[Any]]:
        """The messages of its calls by their Call-IDs, in order; without what cannot be read."""
        which = "FROM ladders WHERE activeflow = ? ORDER BY call_id, number"
        found: dict[str, list[Any]] = {}
        for call_id, lines in self._db.rows(f"SELECT call_id, CAST(lines AS BLOB) {which}", (activeflow,)):
            found.setdefault(call_id, []).extend(self._readable(lines, list) or [])
        return found

    def entries(self, stored: Stored) -> list[Entry]:
        """Its journal."""
        entries = self._chain(stored.last)
        if stored.state in ("live", "diverged"):
            since = stored.last if stored.last is not None else stored.first - 1
            entries += self._entries(list(self._db.rows(_SINCE, (since, stored.number))))
        return entries

    def _chain(self, last: int | None) -> list[Entry]:
        if not last:
            return []
        rows = list(self._db.rows(_CHAIN, (last,)))
        entries = self._entries(rows)
        return entries if rows and rows[0][0] == 0 else [Entry([DAMAGED], b""), *entries]

    def _entries(self, rows: list[Row]) -> list[Entry]:
        return entries_of(rows, lambda given: self._readable(given, list))

    def _readable(self, text: Any, kind: type[object] = object) -> Any:
        """What was kept, `None` where nobody knows any more."""
        try:
            plain = self._decode(text.decode() if isinstance(text, bytes) else text)
        except (ValueError, TypeError, AttributeError):
            return None
        return plain if isinstance(plain, kind) else None

    def row_behind(self, row: int, count: int) -> int:
        """The row so many rows behind one, or the last there is; 0 where none is behind it."""
        behind = "SELECT row FROM journal WHERE row > ? ORDER BY row LIMIT ?"
        return self._db.value(f"SELECT max(row) FROM ({behind})", (row, count)) or 0  # noqa: S608 (ours)

    def any_before(self, at: int) -> bool:
        """Whether there is an activeflow that began before then, over or not, something in the outbox, or a
        request: secrets in it may need keys of that time."""
        return self._db.value(_OLDER, (at, at, at / SECOND)) is not None

    def more_to_forget(self, journals: int, records: int, seen: int) -> bool:
        """Whether more is over than is forgotten at once; the times are those of `pruning`."""
        return bool(self._db.value(f"SELECT {LEFT}", left(journals, records, seen)))

    # -- the outbox

    def outbox(self) -> list[Sending]:
        """What leaves and did not arrive, as far as is known; oldest first."""
        return list(map(self._sending, self._db.rows(f"{_SENDINGS} ORDER BY since, key")))

    def still_open(self) -> Iterator[Sending]:
        """Those of which is not known what became of them, oldest first; read as they are asked for."""
        return map(self._sending, self._db.rows(f"{_SENDINGS} WHERE state = 'open' ORDER BY since, key"))

    def sending(self, key: str) -> Sending | None:
        """The one of that key."""
        return next(map(self._sending, self._db.rows(f"{_SENDINGS} WHERE key = ?", (key,))), None)

    def _sending(self, row: Row) -> Sending:
        given: dict[str, Any] = dict(zip(SENDING, row, strict=True))
        given["command"] = self._readable(given["command"], dict) or {DAMAGED: True}
        return Sending(**given)

    def seen(self, channel: str, message: str) -> bool:
        """Whether a message was here."""
        return bool(self._db.value("SELECT 1 FROM seen WHERE message = ?", (seen_key(channel, message),)))

    def was_sent(self, channel: str, message: str) -> bool:
        """Whether one that went out is called so by its carrier, as its record tells."""
        asked = "SELECT 1 FROM messages WHERE message = ? AND channel = ? AND direction = 'out'"
        return bool(self._db.value(asked, (message, channel)))

    @property
    def identity(self) -> str:
        """What this store is called."""
        return str(self._db.value("SELECT name FROM identity"))

    def dialogs(self) -> dict[str, Any]:
        """Of the call legs that were up, by their legs: what is sealed and has no key is sealed still, and
        one that is damaged has nothing."""
        rows = self._db.rows("SELECT leg, CAST(dialog AS BLOB) FROM dialogs")
        found: dict[str, dict[str, Any]] = {leg: self._readable(dialog, dict) or {} for leg, dialog in rows}
        return {leg: each.get("$secret", each) for leg, each in found.items()}

    # -- what wakes those that are parked

    def parked(self, activeflow: str) -> Stored | None:
        """The one of that id, if it is parked."""
        return next(self._stored("WHERE id = ? AND state = 'parked'", activeflow), None)

    def next_due(self, past: tuple[int, int]) -> int | None:
        """When the first of them is to be woken, behind the one of that time and number."""
        return self._db.value(f"SELECT due FROM activeflows {_DUE} LIMIT 1", past)  # noqa: S608 (ours)

    def due(self, at: int, most: int, past: tuple[int, int]) -> list[Stored]:
        """Those that are to be woken by then, the earliest first, behind the one of that time and number."""
        found = self._stored(f"{_DUE} LIMIT ?", *past, most)
        return list(takewhile(lambda each: each.due is not None and each.due <= at, found))

    def with_thread(self, channel: str, person: str, ours: str | None, most: int) -> list[tuple[str, int]]:
        """The ids of those that have a thread, and since when, the first first."""
        if not self.names.can_be_found:
            return []
        return list(
            self._db.rows(
                "SELECT a.id, t.since FROM parked_threads t JOIN activeflows a ON a.number = t.activeflow "
                "WHERE t.thread = ? AND a.state = 'parked' ORDER BY t.since, t.activeflow LIMIT ?",
                (self.names.of(channel, person, ours), most),
            )
        )

    def that_sent(self, message: str) -> str | None:
        """The id of the one that sent a message."""
        return self._db.value(
            "SELECT a.id FROM parked_messages m JOIN activeflows a ON a.number = m.activeflow "
            "WHERE m.message = ? AND a.state = 'parked'",
            (message,),
        )

    def family(self, first: str) -> int:
        """How many of them a first activeflow began, they in turn, and so on; itself too."""
        return self._db.value(
            "SELECT count(*) FROM activeflows WHERE (id = ? OR id > ? AND id < ?) AND state = 'parked'",
            (first, f"{first}.", f"{first}/"),  # "/" is behind "." in ASCII
        )

    def build(self, hashed: bytes) -> Build:
        """What activeflows run on. Raises `StoreError` where it, or a text of it, is not there."""
        return self._builds(hashed)

    def _build(self, hashed: bytes) -> Build:
        manifest = self._db.value("SELECT manifest FROM builds WHERE hash = ?", (hashed,))
        if manifest is None:
            raise StoreError(f"{self._folder}: the texts of an activeflow are not kept any more")
        texts: dict[bytes, str] = {}
        for _, each in decode(manifest)["sources"]:
            name = bytes.fromhex(each)
            text = self._db.value("SELECT text FROM texts WHERE hash = ?", (name,))
            if text is None:
                raise StoreError(f"{self._folder}: a text of an activeflow is not kept any more")
            texts[name] = text
        return Build.from_manifest(manifest, texts)

    def records(self, since: int | None = None, until: int | None = None) -> Iterator[dict[str, Any]]:
        """Call records by their start, open ones too: the columns by their names."""
        return self._records(RECORD, "started >= ? AND started < ?", *_span(since, until))

    def open_records(self) -> list[dict[str, Any]]:
        """Those without an end, and `held_since` of each."""
        return list(self._records(OPEN_RECORD, "ended IS NULL"))

    def _records(self, names: tuple[str, ...], which: str, *values: int) -> Iterator[dict[str, Any]]:
        query = f"SELECT {selected(names, *RECORD_TEXTS)} FROM records WHERE {which}"  # noqa: S608 (ours)
        for row in self._db.rows(f"{query} ORDER BY started, leg", values):
            yield dict(zip(names, map(_shown, row), strict=True))

    def messages(self, since: int | None = None, until: int | None = None) -> Iterator[MessageRecord]:
        """Message records by their start."""
        which = "WHERE started >= ? AND started < ? ORDER BY started, direction, key"
        for row in self._db.rows(f"{_MESSAGES} {which}", _span(since, until)):
            yield MessageRecord(*map(_shown, row))

    def newest(self) -> int:
        """When something was written last, as far as that can be told at once; 0 where nothing was. While
        that is in doubt it is what it was as the doubt began."""
        if isinstance(doubted := self._db.value("SELECT newest FROM doubt"), int):
            return doubted
        return max((at for at in map(self._db.value, _NEWEST) if isinstance(at, int)), default=0)

    @property
    def last_alive(self) -> int:
        """When the process that writes it was last known to be there; 0 for never."""
        return self._db.value("SELECT at FROM alive") or 0

    def _stored(self, which: str, *values: Any) -> Iterator[Stored]:
        for row in self._db.rows(f"{_STORED} {which}", values):
            number, name, build, opening, first, state, began, ended, last, ending, due = row
            given = self._readable(ending) if ending is not None else None
            began_as = self._readable(opening, dict)
            if not began_as or "flow" not in began_as:
                began_as = Opening(name, "?", {}, began, 0).to_plain() | {DAMAGED: True}
            yield Stored(number, name, build, began_as, first, state, began, ended, last, given, due)


def _span(since: int | None, until: int | None) -> tuple[int, int]:
    return since if since is not None else -(2**62), until if until is not None else 2**62


def _shown(value: Any) -> Any:
    """A text as far as it can be read."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def keys_of(db: Database, folder: Path | None) -> Keys:
    """Where the keys of a store's secrets are."""
    name = db.value("SELECT name FROM identity")
    if not isinstance(name, str):
        raise StoreError("the store is damaged: it has no identity")
    return Keys(folder or default_keys(), name)


@contextmanager
def open_archive(folder: Path, keys: Path | None = None) -> Generator[Archive]:
    """A data folder to read, whether or not a process writes it; `keys` as of `SqliteStore`. Raises
    `StoreError`."""
    path = folder / FILE
    try:
        there = path.is_file()
    except OSError as error:
        raise unusable(folder, error) from None
    if not there:
        raise StoreError(f"{folder}: there is no {FILE} in this folder; `flow serve --data FOLDER` makes one")
    db: Database | None = None
    try:
        db = Database(path, read_only=True)
        found = check_version(db, str(folder))
        if found < VERSION:
            text = "is of an older flowlang; `flow serve` moves it" if found else "is empty"
            raise StoreError(f"{folder}: the store {text}")
        yield Archive(db, folder, Sealer(keys_of(db, keys)))
    except DatabaseError as error:
        text = f"{folder}: the store cannot be read: {why(error)}"
        if not os.access(folder, os.W_OK):  # SQLite keeps who reads up to what of its log in a file beside it
            text = f"{folder}: only who may write here can read the store; run this as {owner_of(folder)}"
        raise StoreError(text) from None
    finally:
        if db is not None:
            db.close()
