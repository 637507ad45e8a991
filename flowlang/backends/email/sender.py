"""Mails on their way out: a few connections, each in a worker thread, and who has to wait for another try.

`smtplib` blocks, so a thread sends one mail at a time while trio goes on; what a thread of 60 ms does is
nothing beside the server's.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

import trio

from flowlang.backends.border import nothing
from flowlang.backends.on_wire import OnWire

from .compose import Mail
from .settings import Patience, Server
from .smtp_client import Ended, SmtpConnection

_log = logging.getLogger("flowlang.email")

_LONGEST_QUEUE = 10_000
_MAILS_A_CONNECTION = 100
"""Then a new one: many servers end longer ones."""
_IDLE = 20.0
"""Seconds after which a connection is closed: long before RFC 5321 §4.5.3.2.7 lets the server do it."""


@dataclass(slots=True, eq=False)
class _Job:
    mail: Mail
    finish: Callable[[Ended], None]
    since: float
    why_not: Callable[[], str | None]
    attempts: int = 0
    withdrawn: bool = False


class Sender:
    """`send` may be called before `run`; what comes then waits."""

    def __init__(
        self,
        server: Server,
        *,
        connections: int = 4,
        ehlo: str | None = None,
        on_wire: OnWire | None = None,
        patience: Patience | None = None,
        chance: Random | None = None,
    ) -> None:
        self._server = server
        self._connections = connections
        self._ehlo = ehlo
        self._on_wire = on_wire or OnWire()
        self._patience = patience or Patience()
        self._chance = chance or Random()
        self._put, self._take = trio.open_memory_channel[_Job](math.inf)
        self._open = 0
        self._nursery: trio.Nursery | None = None

    def may_have_sent(self, key: str) -> bool:
        """Whether a former process may have given away the mail of that key."""
        return self._on_wire.before(key)

    def send(
        self, mail: Mail, finish: Callable[[Ended], None], why_not: Callable[[], str | None] = nothing
    ) -> Callable[[], None]:
        """Has it sent and tells how that ended; what it returns withdraws it, unless it is on the wire.
        `why_not` is asked before each attempt."""
        if self.may_have_sent(mail.key):
            finish(Ended("unknown", detail="it may have gone out before a crash"))
            return nothing
        if self._open >= _LONGEST_QUEUE:
            finish(Ended("failed", "overload", f"{self._open} mails wait"))
            return nothing
        self._open += 1
        job = _Job(mail, finish, trio.current_time(), why_not)
        self._put.send_nowait(job)

        def withdraw() -> None:
            job.withdrawn = True

        return withdraw

    async def sent(self, mail: Mail, why_not: Callable[[], str | None] = nothing) -> Ended:
        """The same, waited for; cancelled it is withdrawn."""
        found: list[Ended] = []
        over = trio.Event()

        def finish(ended: Ended) -> None:
            found.append(ended)
            over.set()

        withdraw = self.send(mail, finish, why_not)
        try:
            await over.wait()
        finally:
            withdraw()
        return found[0]

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Sends until cancelled."""
        async with trio.open_nursery() as self._nursery:
            limiter = trio.CapacityLimiter(self._connections)
            for _ in range(self._connections):
                self._nursery.start_soon(self._work, self._take.clone(), limiter)
            task_status.started()
            await trio.sleep_forever()

    async def _work(self, jobs: trio.MemoryReceiveChannel[_Job], limiter: trio.CapacityLimiter) -> None:
        blocking = partial(trio.to_thread.run_sync, limiter=limiter, abandon_on_cancel=True)
        connection: SmtpConnection | None = None
        used = 0
        try:
            while True:
                job = await _next(jobs, _IDLE if connection is not None else math.inf)
                if connection is not None and (job is None or used >= _MAILS_A_CONNECTION):
                    await blocking(connection.close)
                    connection, used = None, 0
                if job is None:
                    continue
                if job.withdrawn:
                    self._over(job, Ended("failed", "cancelled"))
                    continue
                if (why_not := job.why_not()) is not None:
                    self._over(job, Ended("failed", why_not))
                    continue
                connection = connection or SmtpConnection(self._server, self._ehlo, self._on_wire)
                used += 1
                try:
                    ended = await blocking(connection.send, job.mail)
                except Exception:  # noqa: BLE001 (a mistake of ours costs this mail alone)
                    _log.exception("a mail could not be sent")
                    ended = Ended("unknown", detail="flowlang itself failed")
                    connection.abandon()
                    connection, used = None, 0
                self._ended(job, ended)
        finally:
            if connection is not None:
                connection.abandon()

    def _ended(self, job: _Job, ended: Ended) -> None:
        job.attempts += 1
        if ended.how != "again":
            self._over(job, ended)
            return
        wait = self._patience.wait(job.attempts, self._chance.random())
        if trio.current_time() + wait - job.since > self._patience.give_up:
            self._over(job, Ended("failed", ended.reason, ended.detail))
            return
        assert self._nursery is not None
        self._nursery.start_soon(self._later, job, wait)

    async def _later(self, job: _Job, wait: float) -> None:
        await trio.sleep(wait)
        self._put.send_nowait(job)

    def _over(self, job: _Job, ended: Ended) -> None:
        self._open -= 1
        job.finish(ended)


async def _next(jobs: trio.MemoryReceiveChannel[_Job], within: float) -> _Job | None:
    with trio.move_on_after(within):
        return await jobs.receive()
    return None
