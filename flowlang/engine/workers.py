"""Trio tasks that do one piece of work after another.

To begin a task and a cancel scope for each piece takes four times as long as to wake one that waits, and to
wake one takes as long as most pieces that wait for nothing. So what never waited for anything yet goes into a
queue, which one worker does; where a piece waits after all, it has that worker, and another one takes the
queue. From then on each of its kind is given to a worker of its own.

Each piece is on its own all the same: it has the context variables of whoever began it, and a cancel of it
ends its worker, so that no other piece has anything of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from types import coroutine
from typing import Any

import trio

_MOST_IDLE = 1_000
"""Workers that wait; each takes some 6 KiB. Those beyond end with their work."""

Work = Callable[[], Coroutine[Any, Any, None]]


class Workers:
    """In a nursery."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._idle: list[_Worker] = []
        self._queue: deque[_Piece] = deque()
        self._led = False
        """A worker is at the queue, or will be."""
        self._waiting_kinds: set[str] = set()

    def begin(self, work: Work, kind: str = "") -> Callable[[], None]:
        """Does it beside all else; returns how to cancel it, which does nothing once it is done. Those of a
        `kind` are alike: they wait for something, or for nothing."""
        piece = _Piece(work, kind, copy_context())
        if kind in self._waiting_kinds:
            self._wake(piece)
        else:
            self._queue.append(piece)
            if not self._led:
                self._led = True
                self._wake(None)
        return piece.cancel

    def _wake(self, piece: _Piece | None) -> None:
        """A worker does it, or the queue."""
        while self._idle:
            worker = self._idle.pop()
            if worker.waits:  # else the nursery is being cancelled
                worker.waits, worker.piece = False, piece
                if piece is not None:
                    worker.task.context = piece.context
                trio.lowlevel.reschedule(worker.task)
                return
        self._nursery.start_soon(_Worker(self, piece).run)

    def next(self) -> _Piece | None:
        """The next of the queue, for the worker that is at it; after `None` none is."""
        if self._queue:
            return self._queue.popleft()
        self._led = False
        return None

    def waits(self, worker: _Worker) -> bool:
        """Whether a worker may wait for more."""
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(worker)
            return True
        return False

    def waited(self, piece: _Piece) -> None:
        """The worker that is at the queue has that one to do."""
        self._waiting_kinds.add(piece.kind)
        self.leave_queue()

    def leave_queue(self) -> None:
        """The worker that is at the queue leaves it."""
        if self._queue:
            self._wake(None)
        else:
            self._led = False


class _Piece:
    """`worker` is who does it, while he does."""

    __slots__ = ("cancelled", "context", "kind", "work", "worker")

    def __init__(self, work: Work, kind: str, context: Context) -> None:
        self.work = work
        self.kind = kind
        self.context = context
        self.worker: _Worker | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """It is not begun, or ends where it waits."""
        self.cancelled = True
        if self.worker is not None:
            self.worker.scope.cancel()


class _Worker:
    """`piece` is what it does; with `None` it is at the queue."""

    __slots__ = ("_workers", "piece", "scope", "task", "waits")

    def __init__(self, workers: Workers, piece: _Piece | None) -> None:
        self._workers = workers
        self.piece = piece
        self.waits = False
        self.scope = trio.CancelScope()
        self.task: trio.lowlevel.Task

    async def run(self) -> None:
        """Works, and waits among those that do for more."""
        self.task = trio.lowlevel.current_task()
        workers = self._workers
        with self.scope:
            while True:
                if (piece := self.piece) is None:
                    while self.piece is None and (piece := workers.next()) is not None:
                        if not piece.cancelled:
                            await self._begin(piece)
                        if self.scope.cancel_called and self.piece is None:
                            workers.leave_queue()
                            return
                elif not piece.cancelled:
                    piece.worker = self
                    await piece.work()
                    piece.worker = None
                self.piece = None
                if self.scope.cancel_called or not workers.waits(self):
                    return
                self.waits = True
                await trio.lowlevel.wait_task_rescheduled(self._give_up)

    @coroutine
    def _begin(self, piece: _Piece) -> Generator[Any, Any, None]:
        """One of the queue: its first step here and now, and where it waits the others as those of this
        task."""
        work, piece.worker = piece.work(), self
        try:
            trap = piece.context.run(work.send, None)
            self.piece, self.task.context = piece, piece.context
            self._workers.waited(piece)
            while True:
                try:
                    sent = yield trap
                except BaseException as error:  # noqa: BLE001 (it is the work's)
                    trap = work.throw(error)
                else:
                    trap = work.send(sent)
        except StopIteration:
            pass
        finally:
            piece.worker = None

    def _give_up(self, _raise: object) -> trio.lowlevel.Abort:
        """The nursery ends: nobody is to wake it any more."""
        self.waits = False
        return trio.lowlevel.Abort.SUCCEEDED
