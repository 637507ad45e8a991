"""What the engine asks of a store. `MemoryStore` and `SqliteStore` are two; a third needs no change of the
engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from flowlang.core.journal import Entry, Journal

from .builds import Build

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

    def diverged(self, stored: Stored, why: str) -> None:
        """It acts no further, and why."""
        ...
