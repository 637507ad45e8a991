"""Dialogs of call legs that are up, kept on disk, so that a start after a crash can end what the crash left:
the peers of calls that nobody has any more get their BYE.

A dialog is forgotten in the commit that closes the record of its leg. One that was left is forgotten when its
BYE is over, whatever came of that; a crash in between sends another one, which says no more than the first,
at a few starts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from flowlang.backends.border import nothing
from flowlang.store import Store
from flowlang.store.protocol import DialogStore, RecoverableStore

if TYPE_CHECKING:
    from .engine import Engine

_STARTS = 3
"""That send a BYE to a peer, each for up to 64*T1 (RFC 3261 §17.1.2.2, Timer F), 32 s. Who answers none of
them is gone; where flowlang is killed again and again, what is owed would else grow with each start."""


class Dialogs:
    """Those of an engine. Without a store on disk nothing is kept, and nothing was."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store if isinstance(store, DialogStore) else None
        self._kept: set[str] = set()
        self._left: dict[str, Any] = {}

    def recover(self, store: RecoverableStore) -> None:
        """Takes note of what is left, before a new call adds to it. Raises `StoreError`."""
        if isinstance(store, DialogStore):
            if not store.archive.dialogs():
                return
            store.try_dialogs(_STARTS)
            store.commit()  # before any BYE goes out: a start that ends at once has been one
            self._left = store.archive.dialogs()
            self._kept.update(self._left)

    @property
    def mark(self) -> bytes | None:
        """What this process and those before and after it know, and nobody else."""
        return None if self._store is None else self._store.archive.identity.encode()

    @property
    def left(self) -> dict[str, Any]:
        """Those of the process before that are owed a BYE, by their legs."""
        return dict(self._left)

    def answered(self, leg: str) -> int | None:
        """When the answer of a leg that is left was on its way, where nothing else tells that."""
        dialog = self._left.get(leg)
        found = cast("dict[str, Any]", dialog).get("answering") if isinstance(dialog, dict) else None
        return found if isinstance(found, int) else None

    def keep(self, leg: str, dialog: dict[str, Any], kept: Callable[[], None], *, secret: bool) -> None:
        """The dialog of a leg as it stands; `kept` is called when that is on disk, or nothing is kept. Raises
        `StoreError` for a secret without a key."""
        if self._store is None:
            kept()
            return
        plain = {"$secret": dialog} if secret else dialog
        self._store.keep_dialog(leg, plain, self._engine.now())
        self._kept.add(leg)
        if kept is nothing:
            self._engine.keeper.wake()
        else:
            self._engine.keeper.after(lambda _has: kept())

    def drop(self, leg: str) -> None:
        """The leg is over."""
        self._left.pop(leg, None)
        if self._store is not None and leg in self._kept:
            self._kept.remove(leg)
            self._store.drop_dialog(leg)
            self._engine.keeper.linger()
