"""What the engine asks of a store. `MemoryStore` and `SqliteStore` are two; a third needs no change of the
engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from flowlang.core.journal import Entry, Journal

from .builds import Build
from .requests import Request
from .sending import Sending

if TYPE_CHECKING:
    from .reading import Stored


class Store(Protocol):
    """Keeps the journal of each activeflow and the records of calls. What it is given counts once `commit`
    has returned."""

    durable: bool
    """Whether it outlives the process: then the engine does nothing in the world before `commit`."""

    def journal(self, activeflow: str, build: Build) -> Journal:
        """The journal of a new activeflow that runs on this build."""
        ...

    def forget(self, activeflow: str) -> None:
        """The activeflow is over, and all that came of it was done."""
        ...

    def keep_record(self, record: Mapping[str, Any]) -> None:
        """A call record as it stands, by the names of `CallRecord`; `leg` and `started` tell which. `ended`
        is `None` while it is open."""
        ...

    def alive(self, at: int) -> None:
        """The process is there: open records are at least as long."""
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


class Past(Protocol):
    """What a store has from before. Its methods raise `StoreError` where something is not there."""

    def live(self) -> Iterator[tuple[Stored, list[Entry], int]]:
        """All activeflows that did not end, oldest first: each with its entries and what `journal_of` wants
        to know of the last one."""
        ...

    def build(self, hashed: bytes) -> Build:
        """What activeflows run on."""
        ...

    def open_records(self) -> list[dict[str, Any]]:
        """The records of calls without an end."""
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
        """The journal of an activeflow that goes on after `last`."""
        ...

    def diverged(self, stored: Stored, at: int, why: str) -> None:
        """It acts no further, since when and why."""
        ...


class Sent(Past, Protocol):
    """What an outbox has from before."""

    def outbox(self) -> Iterable[Sending]:
        """All of it, oldest first."""
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
        """One as it stands."""
        ...

    def drop_sending(self, key: str) -> None:
        """One is delivered, or given up."""
        ...


class LeftCalls(Past, Protocol):
    """What a store has of calls that were up."""

    def dialogs(self) -> dict[str, Any]:
        """What was kept of each, by its leg."""
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


class Came(Past, Protocol):
    """What a store has of messages."""

    def seen(self, channel: str, message: str) -> bool:
        """Whether the message of that id was here."""
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

    def keep_request(self, activeflow: str, given: list[Any]) -> None:
        """For the next start: an input."""
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


Thread = tuple[str, str, str | None]
"""A channel, a person's address, and one of ours; `None` for the operator's default."""


class Parked(Past, Protocol):
    """What wakes activeflows that are parked. They are looked for by what wakes them."""

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

    def with_thread(self, channel: str, person: str, ours: str) -> str | None:
        """The id of the one that has a thread."""
        ...

    def that_sent(self, message: str) -> str | None:
        """The id of the one that sent a message."""
        ...

    def family(self, first: str) -> int:
        """How many of them a first activeflow began, they in turn, and so on."""
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
        """This activeflow is woken then, by these threads, by reports on these messages, or by its id."""
        ...

    def unpark(self, journal: Journal) -> None:
        """It is not parked any more."""
        ...
