"""What was asked of activeflows while no process ran, and messages that one had no time to take before that:
carried out at the start, in order, before anything comes in.

Each becomes an input as if it had come now, and is forgotten in the commit that has this input: a crash in
between carries out all of it or none. One for an activeflow that is held stays for a later start, and so does
one whose key is missing.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

import trio

from flowlang.core.inputs import Happened, Input, input_from_plain, input_to_plain
from flowlang.model.events import MessageReceived
from flowlang.model.observations import Logged
from flowlang.model.plain import SealedError
from flowlang.store import Store, StoreError
from flowlang.store.protocol import RequestStore
from flowlang.store.requests import Request

if TYPE_CHECKING:
    from .engine import Engine

_PATIENCE = 5.0
"""Seconds that listening waits for them: an activeflow that has much to do first takes its own later."""


class Requests:
    """Those of an engine."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store if isinstance(store, RequestStore) else None
        self._open: set[int] = set()
        self._none_open = trio.Event()

    def recover(self, held: Container[str]) -> int:
        """Gives out what is left, but to those that are held; how many were given. Raises `StoreError`."""
        if self._store is None:
            return 0
        for each in self._store.archive.requests():
            if each.activeflow not in held:
                self._give_out(self._store, each)
        return len(self._open)

    def keep(self, activeflow: str, given: Input) -> bool:
        """Keeps a message that another activeflow never took for one that is held: it has it when it goes on.
        Whether that can be."""
        why, now = "nothing is kept here", self._engine.now()
        if self._store is not None:
            try:
                self._store.keep_request(activeflow, input_to_plain(given))
            except StoreError as error:  # it is sealed, and no key can be had
                why = str(error)
            else:
                self._engine.keeper.linger()
                return True
        text = f"a message cannot wait for {activeflow}, which is held: {why}"
        self._engine.observed(Logged(now, activeflow, text, 0, "warning"))
        return False

    def give_out_to(self, activeflow: str) -> None:
        """One that was held, and parked, is awake."""
        if self._store is None:
            return
        for each in self._store.archive.requests():
            if each.activeflow == activeflow and each.number not in self._open:
                self._give_out(self._store, each)

    async def taken(self) -> None:
        """Waits until all of it is taken and on disk, as long as that takes a moment."""
        if self._open:
            with trio.move_on_after(_PATIENCE):
                await self._none_open.wait()

    def _give_out(self, store: RequestStore, request: Request) -> None:
        engine, number = self._engine, request.number
        running = engine.alive(request.activeflow)
        given = self._input(request)
        if running is None and engine.parking.why_asleep(request.activeflow) is not None:
            return
        if running is not None and request.missing is not None:
            self._say(request, f"waits for a later start: it is {request.missing}")
            return
        if running is None and isinstance(given, Happened) and isinstance(given.event, MessageReceived):
            store.drop_request(number)
            engine.give_on(request.activeflow, given.event)
            return
        if running is None or given is None:
            self._forget(store, request, "it cannot be read" if given is None else "it is over")
            return

        def kept(has: bool) -> None:
            if not has and isinstance(given, Happened) and isinstance(given.event, MessageReceived):
                store.drop_request(number)
                engine.give_on(request.activeflow, given.event)  # in the same group
            elif not has:
                over = running.flow.ending is not None
                self._forget(
                    store, request, "it is over" if over else "as many of that name wait as are kept"
                )
            self._open.discard(number)
            if not self._open:
                self._none_open.set()

        self._open.add(number)
        engine.keeper.within(given, lambda: store.drop_request(number))
        running.put(given, kept)

    def _input(self, request: Request) -> Input | None:
        """As of now."""
        try:
            kind, _, *rest = request.given
            return input_from_plain([kind, self._engine.now(), *rest])
        except (SealedError, ValueError):
            return None

    def _forget(self, store: RequestStore, request: Request, why: str) -> None:
        store.drop_request(request.number)
        self._engine.keeper.wake()
        self._say(request, f"is not done: {why}")

    def _say(self, request: Request, what: str) -> None:
        text = f"the {request.what} that was asked of {request.activeflow} while no server ran {what}"
        self._engine.observed(Logged(self._engine.now(), request.activeflow, text, 0, "warning"))
