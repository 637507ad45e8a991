"""Commands that become tasks: begun before the backend runs they wait for it, cancelled they end, and it is
known when none is under way."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import trio

from flowlang.model.results import Failed, Result

from .border import Finish
from .once import Once

_log = logging.getLogger("flowlang.backends")

Work = Callable[[], Awaitable[Result]]


async def _done(work: Work) -> Result:
    try:
        return await work()
    except Exception as error:  # noqa: BLE001 (a mistake of ours costs this command alone)
        _log.exception("a command failed")
        return Failed("internal", f"flowlang itself failed: {type(error).__name__}")


class Asking:
    """Each key is worked for once; what has none, each time."""

    def __init__(self) -> None:
        self._once = Once()
        self._nursery: trio.Nursery | None = None
        self._waiting: list[Callable[[trio.Nursery], None]] = []
        self._quiet = trio.Event()
        self._count = 0
        self._quiet.set()

    @property
    def under_way(self) -> int:
        """How many are not done."""
        return self._count

    def send(self, key: str | None, finish: Finish, work: Work) -> Callable[[], None]:
        """Has it done; returns how to cancel it."""
        if key is None:
            return self._begin(work, finish)
        return self._once.send(key, finish, lambda over: self._begin(work, over))

    def open(self, nursery: trio.Nursery) -> None:
        """From now on tasks run there; those that wait begin."""
        self._nursery = nursery
        waiting, self._waiting = self._waiting, []
        for begin in waiting:
            begin(nursery)

    def close(self) -> None:
        """What comes now waits for the next `open`."""
        self._nursery = None

    async def settle(self) -> None:
        """Returns when none is under way."""
        await self._quiet.wait()

    def _begin(self, work: Work, finish: Finish) -> Callable[[], None]:
        scope = trio.CancelScope()

        async def run() -> None:
            try:
                with scope:
                    result = await _done(work)
                    if not scope.cancel_called:  # a thread goes on to its end all the same
                        finish(result)
            finally:
                self._count -= 1
                if not self._count:
                    self._quiet.set()

        if not self._count:
            self._quiet = trio.Event()
        self._count += 1
        if self._nursery is not None:
            self._nursery.start_soon(run)
        else:
            self._waiting.append(lambda nursery: nursery.start_soon(run))
        return scope.cancel
