"""The store on disk: SQLite in a data folder, for one process at a time.

Everything is appended to lists in memory. `prepare` writes them in one transaction, which takes no time;
`commit` ends it, and it is on disk when that returns, which may be on another thread (WAL,
`synchronous=FULL`: one `fsync` of the log for a whole group). SQLite checks each frame of its log, so that
after a crash all of a group is there, or nothing.

After an error of the disk nothing is tried again, neither COMMIT nor moving the log into the database: a
second `fsync` may tell that all is well when the pages of the first one are lost. The next process finds the
group whole, or nothing of it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Lock
from typing import Any, Self

from flowlang.core.journal import Journal
from flowlang.core.opening import Thread
from flowlang.model.message_record import MessageRecord

from . import statements
from .builds import Build
from .coding import encode
from .database import Database, DatabaseError, Row, damaged, why
from .errors import InUseError, StoreError
from .files import unusable
from .pruning import DELETE_CHAIN, SWEPT, pruning
from .reading import FILE, Archive, keys_of
from .schema import migrate
from .sealing import Sealer
from .seen import seen_key
from .sending import Sending
from .stored import Stored
from .thread_names import ThreadNames, wake_those_not_found

LOCK = "lock"

_LAST_ROW = (
    "SELECT max(row) FROM journal",
    # What went before a handoff is forgotten, and an entry before the first of its activeflow is never read.
    "SELECT max(first) - 1 FROM activeflows WHERE state <> 'ended' AND state = 'live'",
)


class SqliteJournal:
    """One activeflow's journal. `number` is that of the activeflow, `last` the row of its last entry,
    `began` when it did, 0 before `open`; `parked` while the store is told that it is."""

    __slots__ = ("_activeflow", "_began", "_build", "_store", "last", "number", "parked")

    def __init__(
        self,
        store: SqliteStore,
        activeflow: str,
        build: bytes | None,
        number: int,
        last: int = 0,
        began: int = 0,
    ) -> None:
        self._store = store
        self._activeflow = activeflow
        self._build = build
        self._began = began
        self.number = number
        self.last = last
        self.parked = False

    def open(self, opening: dict[str, Any]) -> None:
        """Writes the first entry; a second time all entries before it go."""
        store = self._store
        before, self.last = self.last, 0
        if self._build is None:
            store.cut(before)
            text = self._encoded(opening, opening["at"])
            store.moves.append((statements.CUT, (text, store.row + 1, self.number)))
            return
        self._began = opening["at"]
        text = self._encoded(opening, self._began)
        row = self.number, self._activeflow, self._build, text, store.row + 1, self._began, "live"
        store.opened.append(row)
        self._build = None

    def append(self, given: list[Any], outcome: bytes) -> None:
        """Writes an input and the hash of what it gave."""
        store = self._store
        if self.parked:
            store.unpark(self)  # in the same group: an entry behind the last of a parked one is never read
        store.row = row = store.row + 1
        text = store.encode(given, max(given[1], self._began))  # as `_encoded`, which would take its time
        store.entries.append((row, self.number, self.last, text, outcome))
        self.last = row

    def end(self, at: int, ending: list[Any]) -> None:
        """Writes how it ended."""
        self._store.ends.append(("ended", at, self.last, self._encoded(ending, at), self.number))

    def _encoded(self, plain: Any, at: int) -> str:
        # By a clock that was set back it would have a key that goes before the activeflow does.
        return self._store.encode(plain, max(at, self._began))


class SqliteStore:
    """A data folder, made where there is none. `keys` is where the keys of secrets are kept, a folder outside
    it; without it one of the user's. Raises `StoreError` for one that another process has, or that cannot be
    read."""

    durable = True

    def __init__(self, folder: Path, keys: Path | None = None) -> None:
        self.folder = folder
        self.opened: list[Row] = []
        self.entries: list[Row] = []
        self.ends: list[Row] = []
        self.moves: list[tuple[str, Row]] = []
        self._expired: list[tuple[str, Row]] = []  # what is forgotten with the next group
        self._forgetting: list[tuple[str, Row]] = []  # with the one that is prepared
        self._builds: dict[bytes, Build] = {}
        self._kept: set[bytes] = set()
        self._records: dict[tuple[Any, Any], Row] = {}
        self._alive: int | None = None
        self._marked = False
        self._swept = 0
        self._failed: str | None = None
        self._prepared = False
        self._committing = Lock()
        with ExitStack() as opened:
            try:
                # Conversations are nobody else's business.
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                opened.callback(os.close, _locked(folder))
                # Whatever the folder allows; SQLite gives its log the same permissions.
                os.close(os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            except OSError as error:
                raise unusable(folder, error) from None
            try:
                self._db = opened.enter_context(closing(Database(folder / FILE)))
                migrate(self._db, str(folder), lambda: ThreadNames(keys_of(self._db, keys)))
                # Another one reads, for this one may be committing.
                self._reader = opened.enter_context(closing(Database(folder / FILE, read_only=True)))
                self.keys = keys_of(self._reader, keys)
                sealer = Sealer(self.keys)
                self.encode = sealer.encode
                """Secrets are encrypted by it."""
                self._archive = Archive(self._reader, folder, sealer)
                wake_those_not_found(self._db, self._archive.names)
                self.newest = self._archive.newest()
                """When something was written last before this process; 0 for never."""
                self.row: int = max(self._db.value(each) or 0 for each in _LAST_ROW)
                self._request: int = self._db.value("SELECT max(number) FROM requests") or 0
                self._number: int = self._db.value("SELECT max(number) FROM activeflows") or 0
            except DatabaseError as error:
                raise _unusable(folder, error) from None
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Lets go of the folder. What was not committed is not kept."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what the engine writes

    def journal(self, activeflow: str, build: Build) -> SqliteJournal:
        """The journal of a new activeflow."""
        hashed = build.hash
        if hashed not in self._kept:
            self._builds[hashed] = build
        self._number += 1
        return SqliteJournal(self, activeflow, hashed, self._number)

    def journal_of(self, stored: Stored, last: int) -> SqliteJournal:
        """The journal of one that goes on after `last`."""
        return SqliteJournal(self, stored.id, None, stored.number, last, stored.began)

    def diverged(self, stored: Stored, at: int, why: str) -> None:
        """It acts no further, since when and why."""
        self.ends.append(("diverged", at, None, self.encode(why, at), stored.number))
        number = (stored.number,)
        self.moves += ((statements.DROP_PARKED_THREADS, number), (statements.DROP_PARKED_MESSAGES, number))

    def park(
        self, journal: Journal, due: int | None, threads: Iterable[Thread], messages: Iterable[str]
    ) -> None:
        """It need not be in memory until then, or until somebody asks for it."""
        assert isinstance(journal, SqliteJournal)
        number = journal.number
        named = [(self._archive.names.of(*each[:3]), each[3], number) for each in threads]
        if named and not self._marked:
            self.moves.append((statements.PUT_THREADS_KEY, (1, self._archive.names.mark)))
            self._marked = True
        journal.parked = True
        self.moves.append((statements.MOVE, ("parked", journal.last, due, number)))
        self.moves += ((statements.PARK_THREAD, each) for each in named)
        self.moves += ((statements.PARK_MESSAGE, (message, number)) for message in messages)

    def unpark(self, journal: Journal) -> None:
        """It is in memory."""
        assert isinstance(journal, SqliteJournal)
        journal.parked = False
        number = (journal.number,)
        self.moves.append((statements.MOVE, ("live", journal.last, None, *number)))
        self.moves += ((statements.DROP_PARKED_THREADS, number), (statements.DROP_PARKED_MESSAGES, number))

    def cut(self, last: int) -> None:
        """Forgets the entries of a journal up to the one in this row."""
        if last:
            self._expired.append((DELETE_CHAIN, (last,)))

    def doubt(self, newest: int | None) -> None:
        """Has `newest` be this in later processes, whatever is written meanwhile; `None`: no longer."""
        which = (statements.DROP_DOUBT, ()) if newest is None else (statements.PUT_DOUBT, (1, newest))
        self.moves.append(which)

    def prune(self, journals: int, records: int, seen: int) -> bool:
        """Forgets a slice of what was over before these times, and the keys of secrets of months before; see
        `pruning`. Whether there is more, which is for a later group."""
        behind, self._swept = self._swept, self._archive.row_behind(self._swept, SWEPT)  # 0: from the start
        self._expired += pruning(journals, records, seen, (behind, self._swept))
        self._kept.clear()  # a text that is forgotten is written again with the next who needs it
        self.keys.drop_before(journals, self._archive.any_before)
        return self._archive.more_to_forget(journals, records, seen)

    def keep_sending(self, sending: Sending) -> None:
        """One as it stands."""
        row = {each: getattr(sending, each) for each in statements.SENDING}
        row["command"] = self.encode(sending.command, sending.since)
        self.moves.append((statements.PUT_SENDING, tuple(row.values())))

    def drop_sending(self, key: str) -> None:
        """One is delivered, or given up."""
        self.moves.append((statements.DROP_SENDING, (key,)))

    def keep_dialog(self, leg: str, dialog: Any, at: int) -> None:
        """What a BYE to its peer needs."""
        self.moves.append((statements.PUT_DIALOG, (leg, self.encode(dialog, at), 0)))

    def drop_dialog(self, leg: str) -> None:
        """The leg is over."""
        self.moves.append((statements.DROP_DIALOG, (leg,)))

    def try_dialogs(self, starts: int) -> None:
        """A start ends those that are left; what so many tried before it is forgotten."""
        self.moves += ((statements.DROP_HOPELESS_DIALOGS, (starts,)), (statements.COUNT_STARTS, ()))

    def keep_seen(self, channel: str, message: str, at: int) -> None:
        """A message was here, as of what is in the same group."""
        self.moves.append((statements.ADD_SEEN, (seen_key(channel, message), at)))

    def keep_request(self, activeflow: str, given: list[Any]) -> int:
        """For the next start: an input. Nobody knows yet whether its script takes it for a secret."""
        self._request += 1
        text = self.encode({"$secret": given}, given[1])
        self.moves.append((statements.ADD_REQUEST, (self._request, activeflow, text)))
        return self._request

    def drop_request(self, number: int) -> None:
        """It is carried out, or cannot be."""
        self.moves.append((statements.DROP_REQUEST, (number,)))

    def keep_ladder(self, activeflow: str, call_id: str, number: int, lines: list[Any]) -> None:
        """Some messages of a call."""
        self.moves.append((statements.PUT_LADDER, (activeflow, call_id, number, encode(lines))))

    def keep_message(self, record: MessageRecord) -> None:
        """A message record as it begins; one that came once more has its new end."""
        statement = statements.PUT_MESSAGE_IN if record.direction == "in" else statements.ADD_MESSAGE_OUT
        self.moves.append((statement, tuple([getattr(record, each) for each in statements.MESSAGE_RECORD])))

    def settle_message(self, key: str, state: str, at: int, message: str | None, cause: str | None) -> None:
        """One is `sent`, `failed` or `unknown`."""
        self.moves.append((statements.SETTLE_MESSAGE[state], (at, message, cause, key)))

    def reopen_message(self, key: str) -> None:
        """One is sent again."""
        self.moves.append((statements.REOPEN_MESSAGE, (key,)))

    def report_message(self, channel: str, message: str, state: str, at: int, cause: str | None) -> None:
        """One is `sent`, `delivered`, `read` or `failed`, as its carrier reports."""
        self.moves.append((statements.REPORT_MESSAGE[state], (at, cause, message, channel)))

    def forget(self, activeflow: str) -> None:
        """Its end stands in its journal."""

    def keep_record(self, record: Mapping[str, Any]) -> None:
        """A call record as it stands."""
        row = tuple([record.get(each) for each in statements.OPEN_RECORD])
        self._records[record["started"], record["leg"]] = row

    def alive(self, at: int) -> None:
        """The process is there."""
        self._alive = at

    @property
    def pending(self) -> bool:
        """Whether there is anything to commit."""
        return self._prepared or self._given

    @property
    def _given(self) -> bool:
        given = self.entries or self.opened or self.ends or self._records or self.moves or self._expired
        return bool(given) or self._alive is not None

    def prepare(self) -> bool:
        """Writes all of it in one transaction, whose pages SQLite keeps to itself until `commit`."""
        if self._failed is not None:
            raise StoreError(self._failed)
        if self._given:
            try:
                self._db.begin()
                self._write()
            except DatabaseError as error:
                raise self._over(error) from None
            self._forgetting, self._expired = self._expired, []
            self._prepared = True
        return self._prepared

    def commit(self) -> None:
        """Ends the transaction, which may begin here."""
        with self._committing:
            if self._failed is not None:
                raise StoreError(self._failed)
            if not self._prepared and not self.prepare():
                return
            try:
                for statement, row in self._forgetting:  # here nobody waits for it but the disk
                    self._db.execute(statement, row)
                self._db.commit()
            except DatabaseError as error:
                raise self._over(error) from None
            self._forgetting = []
            self._prepared = False

    def _over(self, error: DatabaseError) -> StoreError:
        """No group is begun any more, and nothing of this one is tried again."""
        self._failed = (
            f"{self.folder}: nothing more can be written ({why(error)}), and whether the last of it is on "
            "disk is not known; flowlang stops here; started again it goes on from what is there"
        )
        self._db.leave_log()
        return StoreError(self._failed)

    def _write(self) -> None:
        many = self._db.many
        if self._builds:
            texts = {key: text for build in self._builds.values() for key, text in build.texts.items()}
            many(statements.ADD_TEXT, texts.items())
            builds = [(hashed, build.manifest) for hashed, build in self._builds.items()]
            many(statements.ADD_BUILD, builds)
            self._kept.update(self._builds)
            self._builds = {}
        self._write_all(statements.OPEN, self.opened)
        for statement, row in self.moves:  # in their order: what is woken may be handed off, and parked again
            self._db.execute(statement, row)
        self.moves = []
        self._write_all(statements.APPEND, self.entries)
        self._write_all(statements.END, self.ends)
        if self._records:
            many(statements.PUT_RECORD, self._records.values())
            self._records = {}
        if self._alive is not None:
            self._db.execute(statements.PUT_ALIVE, (1, self._alive))
            self._alive = None

    def _write_all(self, statement: str, rows: list[Row]) -> None:
        if rows:
            self._db.many(statement, rows)
            rows.clear()

    # -- what recovery reads

    @property
    def archive(self) -> Archive:
        """What is kept."""
        return self._archive


def _locked(folder: Path) -> int:
    """Holds the folder for this process; the kernel lets go when it ends, however that is."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        text = f"{folder}: another flowlang uses this folder; end it, or choose another one"
        raise InUseError(text) from None
    return lock


def _unusable(folder: Path, error: DatabaseError) -> StoreError:
    if damaged(error):
        return StoreError(f"{folder / FILE}: this is no database, or a damaged one: {why(error)}")
    return StoreError(f"{folder}: the store cannot be used: {why(error)}")
