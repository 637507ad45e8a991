"""Trio tasks that do one piece of work after another.

To begin a task and a cancel scope for each piece takes four times as long as to wake one that waits. Each
piece is on its own all the same: it has the context variables of whoever began it, and a cancel of it ends
its worker, so that no other piece has anything of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import copy_context

import trio

_MOST_IDLE = 1_000
"""Workers that wait; each takes some 6 KiB. Those beyond end with their work."""

Work = Callable[[], Awaitable[None]]


class Workers:
    """In a nursery."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._idle: list[_Worker] = []

    def begin(self, work: Work) -> Callable[[], None]:
        """Does it beside all else; returns how to cancel it, which does nothing once it is done."""
        worker = self._waiting()
        if worker is not None:
            worker.waits, worker.work = False, work
            worker.task.context = copy_context()
            trio.lowlevel.reschedule(worker.task)
        else:
            worker = _Worker(work)
            self._nursery.start_soon(worker.run, self._idle)

        def cancel() -> None:
            if worker.work is work:
                worker.scope.cancel()

        return cancel

    def _waiting(self) -> _Worker | None:
        while self._idle:
            worker = self._idle.pop()
            if worker.waits:  # else the nursery is being cancelled
                return worker
        return None


class _Worker:
    """`work` is what it does, `None` while it waits."""

    __slots__ = ("scope", "task", "waits", "work")

    def __init__(self, work: Work) -> None:
        self.work: Work | None = work
        self.waits = False
        self.scope = trio.CancelScope()
        self.task: trio.lowlevel.Task

    async def run(self, idle: list[_Worker]) -> None:
        """Works, and waits among those for more."""
        self.task = trio.lowlevel.current_task()
        with self.scope:
            while self.work is not None:
                await self.work()
                self.work = None
                if self.scope.cancel_called or len(idle) >= _MOST_IDLE:
                    return
                self.waits = True
                idle.append(self)
                await trio.lowlevel.wait_task_rescheduled(self._give_up)

    def _give_up(self, _raise: object) -> trio.lowlevel.Abort:
        """The nursery ends: nobody is to wake it any more."""
        self.waits = False
        return trio.lowlevel.Abort.SUCCEEDED
