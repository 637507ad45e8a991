"""Parking: an activeflow that waits for long is dropped from memory, and woken by what it waits for.

All of it is in its journal, so waking is replay. What wakes it (the clock, a message of a thread that it has,
a report on a message that it sent, a signal, a host that asks for it) is looked up in the store: one that is
parked costs no memory at all. It counts as parked when that is on disk; what comes meanwhile keeps it.

What has a leg, has something under way, is watched by its host or is due soon is not parked.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

import trio

from flowlang.core import TimePassed
from flowlang.core.threads import sent_key
from flowlang.model.addresses import same_person
from flowlang.model.observations import Logged
from flowlang.model.values import SECOND
from flowlang.store import Store, StoreError
from flowlang.store.protocol import ParkingStore
from flowlang.store.stored import Stored

from .recovery import bring_back, diverge, warn
from .replay import Builds, Diverged, Held, brought_back
from .running import Running

if TYPE_CHECKING:
    from .engine import Engine

IDLE = 60.0
"""Seconds without input after which one is parked: whoever answers at once finds it awake."""
_INTERVAL = 5.0  # seconds between two looks, at most
_LOOKS = 4  # in the time after which one is parked, where that is short: it is a quarter late at most
_SLICE = 200
"""Activeflows that are looked at, or woken, before others have their turn: with 20 entries each that is
27 ms (134 us of CPU for one, as `make bench-durability` brings them back)."""
_AGAIN = 10 * SECOND
"""Microseconds until those that could not be woken are tried again."""
_ALL = (-(2**62), 0)  # before all that are due
_WITH_THREAD = 20
"""Parked ones that are looked at for who has a thread: all but the first of those alive diverged just now."""


class Parking:
    """Of one engine. With a store that cannot look activeflows up all of them stay in memory."""

    def __init__(self, engine: Engine, store: Store, idle: float | None) -> None:
        self._engine = engine
        self._store = store if isinstance(store, ParkingStore) and idle is not None else None
        self._idle = round((idle or 0) * SECOND)
        self._builds: Builds | None = None
        self._none_before = 0  # until then none is parked
        self._leaving: set[str] = set()  # parked as soon as that is on disk
        self._waking: set[str] = set()  # on disk they are parked still
        self._told: dict[str, str] = {}  # those of which was told that they cannot be woken, and why
        self._past: tuple[int, int] = _ALL  # time and number of the last that was due and looked at
        self._next: int | None = None  # when the first behind it is due
        self._news = trio.Event()

    # -- parking

    async def run(self) -> None:
        """Parks what is idle and wakes what is due, until cancelled."""
        if self._store is None:
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._look_for_idle)
            await self._wake_due()

    async def _look_for_idle(self) -> None:
        while True:
            await trio.sleep(min(_INTERVAL, self._idle / SECOND / _LOOKS))
            for number, activeflow in enumerate(self._engine.activeflows):
                self._look_at(activeflow)
                if number % _SLICE == _SLICE - 1:
                    await trio.lowlevel.checkpoint()

    def _look_at(self, activeflow: str) -> None:
        running = self._engine.living(activeflow)
        if running is not None and self._is_idle(running):
            self._park(running)

    def _is_idle(self, running: Running) -> bool:
        flow, now = running.flow, self._engine.now()
        due = flow.next_deadline()
        return (
            now - flow.at >= self._idle
            and (due is None or due - now >= self._idle)
            and running.can_be_parked
            and running.activeflow not in self._leaving
            and now >= self._none_before
        )

    def _keep_all_awake(self, why: str) -> None:
        """What wakes one cannot be kept: all stay for a while. Told once."""
        now = self._engine.now()
        if not self._none_before:
            self._engine.observed(Logged(now, "", f"activeflows stay in memory: {why}", 0, "warning"))
        self._none_before = now + _AGAIN

    def _park(self, running: Running) -> None:
        assert self._store is not None
        activeflow, flow = running.activeflow, running.flow
        taken, due = flow.inputs, flow.next_deadline()
        threads, messages = self._engine.post.held(activeflow)
        try:
            self._store.park(running.journal, due, threads, messages)
        except StoreError as error:
            self._keep_all_awake(str(error))
            return
        self._leaving.add(activeflow)

        def on_disk(_has: bool) -> None:
            self._leaving.discard(activeflow)
            assert self._store is not None
            if running.flow.ending is not None:  # it is written so: what is over is not to live again
                return
            if running.flow is not flow or flow.inputs != taken:
                return  # the entry of that input has woken it, or ended it, which nothing may undo
            if not running.can_be_parked:
                self._store.unpark(running.journal)
                self._engine.keeper.wake()
                return
            self._engine.put_away(running)
            if due is not None:
                self._past = min(self._past, (due, 0))
                if self._next is None or due < self._next:
                    self._news.set()

        self._engine.keeper.after(on_disk)

    # -- waking

    def awake(self, activeflow: str) -> Running | None:
        """One that is parked is back in memory; `None` where there is none of that id."""
        stored = self._store.archive.parked(activeflow) if self._store is not None else None
        return self._wake(stored) if stored is not None else None

    def wake_thread(self, channel: str, person: str, ours: str) -> str | None:
        """Somebody writes: who has the thread is awake, parked or not the one that had it first. The id of
        one that has it and cannot be woken now."""
        person = same_person(person)
        for each in (same_person(ours), None):  # as of `Threads.owner`
            awake = self._engine.post.first(channel, person, each)
            found, asleep = self._wake_first(channel, person, each, awake[0] if awake is not None else None)
            if found or awake is not None:
                return asleep
        return None

    def _wake_first(
        self, channel: str, person: str, ours: str | None, awake: int | None
    ) -> tuple[bool, str | None]:
        """Wakes the first that has this very thread, if nobody who is awake has had it since that time or
        longer: whether there is one, and which it is where it cannot be woken now."""
        if self._store is None:
            return False, None
        for activeflow, since in self._store.archive.with_thread(channel, person, ours, _WITH_THREAD):
            if awake is not None and awake <= since:
                return False, None
            asleep = self._wake_found(activeflow)
            running = self._engine.living(activeflow)
            if asleep is not None or (running is not None and running.flow.ending is None):
                return True, asleep
        return False, None  # or they are over, and that is not on disk yet

    def wake_sender(self, channel: str, message: str) -> str | None:
        """A carrier reports: who sent the message is awake. The id of one that cannot be woken now."""
        if self._store is None:
            return None
        return self._wake_found(self._store.archive.that_sent(sent_key(channel, message)))

    def has(self, activeflow: str) -> bool:
        """Whether one is parked."""
        if self._store is None or activeflow in self._waking:
            return False
        return self._store.archive.parked(activeflow) is not None

    def began_with(self, activeflow: str, channel: str, person: str) -> bool:
        """Whether one that is parked began with that person."""
        stored = self._store.archive.parked(activeflow) if self._store is not None else None
        source = stored.opening.get("source") if stored is not None else None
        same = isinstance(source, str) and same_person(source) == same_person(person)
        return stored is not None and stored.opening.get("channel") == channel and same

    def why_asleep(self, activeflow: str) -> str | None:
        """Why one that is parked cannot be woken now; `None` where nothing is known against it."""
        return self._told.get(activeflow)

    @property
    def asleep(self) -> Mapping[str, str]:
        """Those that cannot be woken now, and why."""
        return self._told

    def family(self, first: str) -> int:
        """How many of a family are parked."""
        if self._store is None:
            return 0
        awake = sum(each.partition(".")[0] == first for each in self._waking)
        return self._store.archive.family(first) - awake

    def _wake_found(self, activeflow: str | None) -> str | None:
        if activeflow is None or self._engine.alive(activeflow) is not None:
            return None
        return activeflow if activeflow in self._told else None

    def _wake(self, stored: Stored) -> Running | None:
        engine, store = self._engine, self._store
        assert store is not None
        if stored.id in self._waking:  # or it diverged, and that is not on disk yet
            return engine.living(stored.id)
        if self._builds is None:
            self._builds = Builds(store.archive, engine.hosts.declared)
        again = brought_back(stored, store.archive.entries(stored), self._builds)
        if isinstance(again, Held):
            return self._stays(stored, again.why)
        if isinstance(again, Diverged):
            diverge(engine, store, stored, again.why)
            self._leaves(stored.id)
            return None
        running = bring_back(engine, store, stored, stored.last or 0, again, self._builds)
        store.unpark(running.journal)
        engine.post.recovered(running, again.sent, again.received)
        self._leaves(stored.id)
        was_held = self._told.pop(stored.id, None) is not None
        engine.schedule(running)
        engine.wake()
        if was_held:
            engine.requests.give_out_to(stored.id)
        return running

    def _leaves(self, activeflow: str) -> None:
        """That is on disk soon."""
        self._waking.add(activeflow)
        self._engine.keeper.after(lambda _has: self._waking.discard(activeflow))

    def _stays(self, stored: Stored, why: str) -> None:
        """It cannot be woken now; told once."""
        if stored.id not in self._told:
            self._told[stored.id] = why
            warn(self._engine, stored.id, f"stays parked: {why}")

    async def _wake_due(self) -> None:
        """In slices, the earliest first. Those that cannot be woken are passed, and tried again later."""
        assert self._store is not None
        archive = self._store.archive
        again: int | None = None
        while True:
            self._news = trio.Event()
            now = self._engine.now()
            if again is not None and again <= now:
                self._past, again = _ALL, None
            self._next = archive.next_due(self._past)
            first = min((each for each in (self._next, again) if each is not None), default=None)
            if first is None or first > now:
                with trio.move_on_after(inf if first is None else (first - now) / SECOND):
                    await self._news.wait()
                continue
            for stored in archive.due(now, _SLICE, self._past):
                self._past = (stored.due or 0, stored.number)
                if self._is_awake(stored):  # and is being written so
                    continue
                if (running := self._wake(stored)) is not None:
                    running.put(TimePassed(now))
                elif stored.id in self._told:
                    again = now + _AGAIN
            await self._engine.keeper.on_disk()

    def _is_awake(self, stored: Stored) -> bool:
        return self._engine.living(stored.id) is not None
