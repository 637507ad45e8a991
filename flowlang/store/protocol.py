"""What the engine asks of a store. `MemoryStore` and `SqliteStore` are two; a third needs no change of the
engine, and is held to all of this by `flowlang.testing.check_store`.

`Store` is the least; each protocol below adds something that the engine does where a store has it, and leaves
where it has not. `FullStore` is all of them: what `flow serve` wants. Each has a writing half, its methods,
and a reading half, `archive`.

- **Groups.** What is given is nothing yet. `prepare` makes one group of all of it, `commit` puts that on
  disk: all of the group is there after a crash, or nothing. What is given between the two is the next group.
- **Order.** Within a group what is given later stands: a row given twice is as it was given last.
- **One writer.** A store belongs to one process; another that would write is refused as it is opened. Others
  may read it meanwhile. All methods are for the engine's thread, but `commit`, which may be called from
  another while all else goes on here, and never twice at once.
- **Reading.** The archive sees what is committed, and nothing else.
- **Errors.** A write that failed is the end: it and all later ones raise `StoreError`, nothing is tried
  again, and what was committed before is whole. What can be read no more raises `StoreError` where all of it
  is so, and is told as damaged where it is one row.
- **Times** are microseconds since 1970-01-01 UTC, by the engine's clock; a store has none.
- **Secrets.** Plain data may have `{"$secret": …}` anywhere. It stands on disk as ciphertext only, and comes
  back so, or, where its key is gone, as `{"$sealed": …}`, which is no mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from flowlang.core.journal import Entry, Journal
from flowlang.core.opening import Thread
from flowlang.model.message_record import MessageRecord

from .builds import Build
from .requests import Request
from .sending import Sending

if TYPE_CHECKING:
    from .stored import Stored


@runtime_checkable
class Store(Protocol):
    """Keeps the journal of each activeflow and the records of calls. What it is given counts once `commit`
    has returned."""

    durable: bool
    """Whether it outlives the process: then the engine does nothing in the world before `commit`."""

    def journal(self, activeflow: str, build: Build) -> Journal:
        """The journal of a new activeflow, of an id that none had before, that runs on this build. What it is
        given is in the next group; the build is on disk no later."""
        ...

    def forget(self, activeflow: str) -> None:
        """The activeflow is over, and all that came of it was done."""
        ...

    def keep_record(self, record: Mapping[str, Any]) -> None:
        """A call record as it stands, by the names of `CallRecord`; `leg` and `started` tell which. `ended`
        is `None` while it is open."""
        ...

    def alive(self, at: int) -> None:
        """The process is there: records that are open last at least until then."""
        ...

    @property
    def pending(self) -> bool:
        """Whether there is anything to commit."""
        ...

    def prepare(self) -> bool:
        """Makes a group of what was given so far, for `commit`; False where that is nothing. Does not wait
        for the disk. Raises `StoreError` as `commit` does."""
        ...

    def commit(self) -> None:
        """The group that was prepared, or else all that was given so far, is on disk when this returns. May
        be called from another thread. Raises `StoreError`: then no more comes of it, now or later."""
        ...

    def close(self) -> None:
        """Lets go of it, for the next process. What was not committed is not kept."""
        ...


class Past(Protocol):
    """What a store has from before. Its methods raise `StoreError` where something is not there."""

    def live(self) -> Iterator[tuple[Stored, list[Entry], int]]:
        """All activeflows that neither ended nor diverged nor are parked, oldest first: each with its entries
        since its opening, in order, and what `journal_of` wants to know of the last one."""
        ...

    def build(self, hashed: bytes) -> Build:
        """What activeflows run on: of the same manifest and texts as what `journal` was given."""
        ...

    def open_records(self) -> list[dict[str, Any]]:
        """The records of calls without an end, as they were kept: with `held_since` too."""
        ...

    def records(self, since: int | None = None, until: int | None = None) -> Iterator[dict[str, Any]]:
        """Call records that began then, by their start, open ones too."""
        ...

    @property
    def last_alive(self) -> int:
        """When the process that wrote it was last known to be there; 0 for never."""
        ...


@runtime_checkable
class RecoverableStore(Store, Protocol):
    """One that outlives its process."""

    @property
    def archive(self) -> Past:
        """What is kept."""
        ...

    def journal_of(self, stored: Stored, last: int) -> Journal:
        """The journal of an activeflow that goes on after `last`, which `live` gave; 0 where its opening is
        all there is."""
        ...

    def diverged(self, stored: Stored, at: int, why: str) -> None:
        """It acts no further, since when and why: it is neither live nor parked any more, and its journal
        stays."""
        ...


class Sent(Past, Protocol):
    """What an outbox has from before."""

    def outbox(self) -> Iterable[Sending]:
        """All of it, oldest first."""
        ...

    def still_open(self) -> Iterable[Sending]:
        """Those of which is not known what became of them, oldest first; read as they are asked for."""
        ...

    def sending(self, key: str) -> Sending | None:
        """The one of that key."""
        ...


@runtime_checkable
class OutboxStore(RecoverableStore, Protocol):
    """One that keeps what leaves until it is known what became of it."""

    @property
    def archive(self) -> Sent:
        """What is kept."""
        ...

    def keep_sending(self, sending: Sending) -> None:
        """One as it stands; its key tells which."""
        ...

    def drop_sending(self, key: str) -> None:
        """One is delivered, or given up."""
        ...


class LeftCalls(Past, Protocol):
    """What a store has of calls that were up."""

    @property
    def identity(self) -> str:
        """What this store is called, of 64 bits of chance; nobody is told who cannot read it."""
        ...

    def dialogs(self) -> dict[str, Any]:
        """What was kept of each, by its leg; nothing is in one that is damaged."""
        ...


@runtime_checkable
class DialogStore(RecoverableStore, Protocol):
    """One that keeps what a BYE needs of each call leg that is up."""

    @property
    def archive(self) -> LeftCalls:
        """What is kept."""
        ...

    def keep_dialog(self, leg: str, dialog: Any, at: int) -> None:
        """Plain data as it stands then; `{"$secret": …}` where it must not be read on disk."""
        ...

    def drop_dialog(self, leg: str) -> None:
        """The leg is over."""
        ...

    def try_dialogs(self, starts: int) -> None:
        """One more start is going to end those that are kept now. Those for which so many did before are
        forgotten."""
        ...


class Came(Past, Protocol):
    """What a store has of messages."""

    def seen(self, channel: str, message: str) -> bool:
        """Whether the message of that id was here."""
        ...

    def was_sent(self, channel: str, message: str) -> bool:
        """Whether one that went out is called so by its carrier, as its record tells."""
        ...


@runtime_checkable
class OnceStore(RecoverableStore, Protocol):
    """One that knows the messages that were here, so that none comes twice."""

    @property
    def archive(self) -> Came:
        """What is kept."""
        ...

    def keep_seen(self, channel: str, message: str, at: int) -> None:
        """A message is here: what it began, or who took it, is in the same group."""
        ...


class Asked(Past, Protocol):
    """What a store has of requests."""

    def requests(self) -> list[Request]:
        """Those that nobody carried out, in order."""
        ...


@runtime_checkable
class RequestStore(RecoverableStore, Protocol):
    """One that keeps what is asked of activeflows while no process runs."""

    @property
    def archive(self) -> Asked:
        """What is kept."""
        ...

    def keep_request(self, activeflow: str, given: list[Any]) -> int:
        """For the next start: an input, as of when it was asked; the number of the request."""
        ...

    def drop_request(self, number: int) -> None:
        """It is carried out, or cannot be."""
        ...


@runtime_checkable
class LadderStore(RecoverableStore, Protocol):
    """One that keeps the signalling of calls for `flow trace`."""

    def keep_ladder(self, activeflow: str, call_id: str, number: int, lines: list[Any]) -> None:
        """Some messages of a call, `number` that of the first."""
        ...


@runtime_checkable
class MessageStore(RecoverableStore, Protocol):
    """One that keeps message records."""

    @property
    def archive(self) -> Came:
        """What is kept."""
        ...

    def keep_message(self, record: MessageRecord) -> None:
        """One as it begins. One out that is there already stays as it is; one in has what became of it
        now."""
        ...

    def settle_message(self, key: str, state: str, at: int, message: str | None, cause: str | None) -> None:
        """One out is `sent`, `failed` or `unknown`; `message` is what its carrier calls it."""
        ...

    def reopen_message(self, key: str) -> None:
        """One that was given up is sent again."""
        ...

    def report_message(self, channel: str, message: str, state: str, at: int, cause: str | None) -> None:
        """One that a carrier calls so is `sent`, `delivered`, `read` or `failed`."""
        ...


class Parked(Past, Protocol):
    """What wakes activeflows that are parked. They are looked for by what wakes them: each of these is asked
    often, and takes no longer where a million are parked."""

    def parked(self, activeflow: str) -> Stored | None:
        """The one of that id, if it is parked."""
        ...

    def entries(self, stored: Stored) -> list[Entry]:
        """Its journal."""
        ...

    def next_due(self, past: tuple[int, int]) -> int | None:
        """When the first of them is to be woken by the clock, behind the one of that time and number."""
        ...

    def due(self, at: int, most: int, past: tuple[int, int]) -> list[Stored]:
        """Those that are to be woken by then, the earliest first, behind the one of that time and number."""
        ...

    def with_thread(self, channel: str, person: str, ours: str | None, most: int) -> list[tuple[str, int]]:
        """Of those that have this very thread so many at most, the first that had it first: their ids, and
        since when."""
        ...

    def that_sent(self, message: str) -> str | None:
        """The id of the one that sent a message."""
        ...

    def family(self, first: str) -> int:
        """How many of them a first activeflow began, they in turn, and so on, and itself: all whose id is
        that one, or that one, a full stop and more."""
        ...


@runtime_checkable
class ParkingStore(RecoverableStore, Protocol):
    """One that can look activeflows up by what wakes them, so that those that wait for long need not be in
    memory."""

    @property
    def archive(self) -> Parked:
        """What is kept."""
        ...

    def park(
        self, journal: Journal, due: int | None, threads: Iterable[Thread], messages: Iterable[str]
    ) -> None:
        """This activeflow is woken then (never by the clock for `None`), by these threads, by reports on
        these messages, or by its id. A message that another had is this one's. An entry that it is given all
        the same wakes it in the same group. No address of a thread can be read on disk. Raises `StoreError`
        where a thread cannot be kept; then it is not parked."""
        ...

    def unpark(self, journal: Journal) -> None:
        """It is not parked any more."""
        ...


@runtime_checkable
class ForgettingStore(RecoverableStore, Protocol):
    """One that forgets what is over."""

    @property
    def newest(self) -> int:
        """When something was written last before this process; 0 where nothing was."""
        ...

    def doubt(self, newest: int | None) -> None:
        """With the next group: `newest` is this in later processes, whatever is written meanwhile; `None`:
        no longer."""
        ...

    def prune(self, journals: int, records: int, seen: int) -> bool:
        """Forgets, with the next group, some of what was over before these times: journals of activeflows
        that ended or diverged, what the outbox gave up, and secrets of that time; call records that are
        closed, by their start; that messages were here. Nothing that lives, or is open, is touched, and
        none of its secrets: an activeflow, what is in the outbox, a record, a request, whenever it was asked.
        Whether there is more, which is for a later group: one is small enough that no call waits for it."""
        ...


class History(Past, Protocol):
    """What the commands read that look at a store: `flow ps`, `show`, `trace`, `replay`, `cdr`."""

    def activeflows(self, *, all_of_them: bool = False) -> Iterator[Stored]:
        """Those that did not end, or all; oldest first."""
        ...

    def beginning(self, wanted: str, most: int) -> list[Stored]:
        """Those whose ids begin so, at most so many, those that live before those that are over; the one
        alone that has this id."""
        ...

    def entries(self, stored: Stored) -> list[Entry]:
        """Its journal."""
        ...

    def messages(self, since: int | None = None, until: int | None = None) -> Iterator[MessageRecord]:
        """Message records that began then, by their start."""
        ...

    def ladders(self, activeflow: str) -> dict[str, list[Any]]:
        """What `keep_ladder` was given of it, by Call-IDs, in order."""
        ...


class Everything(Sent, LeftCalls, Came, Asked, Parked, History, Protocol):
    """All that is read."""


@runtime_checkable
class FullStore(
    OutboxStore,
    DialogStore,
    OnceStore,
    RequestStore,
    LadderStore,
    MessageStore,
    ParkingStore,
    ForgettingStore,
    Protocol,
):
    """All that is written: a data base server has to have this to stand in for the folder of `flow serve`."""

    @property
    def archive(self) -> Everything:
        """What is kept."""
        ...
