"""Beside the run loop: what makes its thread wait for the disk, on a thread of its own.

One thread for an engine, which begins with the first work and ends with the engine: to be woken by a lock
and to wake its task costs half of what `trio.to_thread` takes to find a thread, and a commit has one each.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from queue import SimpleQueue
from threading import Thread

import trio

Beside = Callable[[Callable[[], None]], Awaitable[None]]
"""Carries out what makes its thread wait for the disk, while the run loop goes on."""


@asynccontextmanager
async def on_a_thread() -> AsyncGenerator[Beside]:
    """Has it done by a thread, one at a time, in order. Nothing can cancel it; what it raises, the task
    raises that waits for it."""
    given: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
    thread: Thread | None = None

    async def beside(work: Callable[[], None]) -> None:
        nonlocal thread
        if thread is None:
            thread = Thread(target=_work, args=(given,), name="flowlang commits", daemon=True)
            thread.start()
        task, token = trio.lowlevel.current_task(), trio.lowlevel.current_trio_token()
        failed: list[BaseException] = []

        def done() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 (it is raised where it belongs)
                failed.append(error)
            token.run_sync_soon(trio.lowlevel.reschedule, task)

        given.put(done)
        await trio.lowlevel.wait_task_rescheduled(_not_now)
        if failed:
            raise failed.pop()

    try:
        yield beside
    finally:
        if thread is not None:
            given.put(None)
            thread.join()


def _work(given: SimpleQueue[Callable[[], None] | None]) -> None:
    while (work := given.get()) is not None:
        work()


def _not_now(_raise: object) -> trio.lowlevel.Abort:
    return trio.lowlevel.Abort.FAILED
