"""How a program gets an engine."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import trio

from flowlang.backends.border import Backend
from flowlang.backends.chance import Chance
from flowlang.core import Limits
from flowlang.core.manners import Machines, Manners, OptOuts, Porter
from flowlang.model.policy import NOTHING, Policy
from flowlang.store import MemoryStore, Store, StoreError
from flowlang.store.protocol import ForgettingStore

from .beside import Beside, on_a_thread
from .clock import Clock
from .engine import Engine
from .parking import IDLE
from .retention import Retention, forget

_ID = 6  # bytes
_SEED = 63  # bits: it is a number of SQLite's


def _store_error(error: BaseException) -> StoreError | None:
    """What the store raised, of all that came at once: the rest is what came of that."""
    if isinstance(error, BaseExceptionGroup):
        found = (_store_error(each) for each in error.exceptions)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]
        return next((each for each in found if each is not None), None)
    return error if isinstance(error, StoreError) else None


@asynccontextmanager
async def open_engine(
    backends: Iterable[Backend] = (),
    *,
    limits: Limits | None = None,
    policy: Policy | None = None,
    store: Store | None = None,
    wall: Callable[[], float] = time.time,
    processor_time: Callable[[], float] = time.perf_counter,
    new_id: Callable[[], str] | None = None,
    new_seed: Callable[[], int] | None = None,
    manners: Manners | None = None,
    opted_out: OptOuts | None = None,
    machines: Machines | None = None,
    beside: Beside | None = None,
    park_after: float | None = IDLE,
    retention: Retention | None = None,
) -> AsyncGenerator[Engine]:
    """An engine in the caller's trio program, until the end of the `async with`. Leaving it ends what still
    runs at once; call `shutdown` before for a polite end.

    `policy` is the operator's: whom scripts may reach, as far as their own policies allow it too. Without one
    they reach nobody; `flowlang.model.policy.EVERYTHING` is for simulated channels.

    `manners` are the operator's towards people who write, `opted_out` those who want no more messages,
    `machines` those who send by themselves.

    `park_after` is for how many seconds an activeflow waits for something before it is parked on disk, `None`
    for never. `retention` is how long a store on disk keeps what is over; without it that is for ever.

    Clock, processor time, ids and seeds can be given; two engines share nothing. `beside` carries out commits
    of a store on disk; without it a thread does, which a virtual clock does not wait for.
    """
    failed: BaseException | None = None
    engine: Engine | None = None
    chance = Chance()
    try:
        async with on_a_thread() as thread, trio.open_nursery() as nursery:
            engine = Engine(
                nursery,
                backends,
                limits=replace(limits or Limits(), policy=policy or NOTHING),
                store=store or MemoryStore(),
                clock=Clock(wall, store.newest if isinstance(store, ForgettingStore) else 0),
                processor_time=processor_time,
                new_id=new_id or partial(chance.token, _ID),
                new_seed=new_seed or partial(chance.getrandbits, _SEED),
                porter=Porter(manners, opted_out, machines),
                beside=beside or thread,
                park_after=park_after,
            )
            nursery.start_soon(engine.pump)
            if engine.keeper.durable:
                nursery.start_soon(engine.keeper.run)
                nursery.start_soon(engine.checkpoint)
                nursery.start_soon(engine.ladders.run)
            if retention is not None and isinstance(store, ForgettingStore):
                nursery.start_soon(forget, engine, store, retention)
            try:
                yield engine
            except BaseException as error:
                failed = error
                raise
            finally:
                nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        if (broken := _store_error(group)) is not None:
            raise broken from None
        if failed is not None and group.exceptions == (failed,):
            raise failed from None  # what the caller's own code raised reaches him as he raised it
        raise
    finally:
        if engine is not None:
            engine.abandon()
