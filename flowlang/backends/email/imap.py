"""Mails in: a mailbox at an IMAP server (RFC 9051), read by a worker thread.

What is unseen is read, and marked as seen when an activeflow has it or nobody wants it; what cannot be taken
now stays for the next time, and keeps none that is newer from being read. Where the server can IDLE (RFC
2177) it tells of new mail at once; else it is asked every `every` seconds.
"""

from __future__ import annotations

import logging
from functools import partial
from random import Random
from typing import Any

import trio

from .imap_connection import AT_ONCE, IMAP_ERRORS, ImapConnection
from .incoming import Take, Verdict
from .settings import Patience, Server

_IDLE = 120.0
"""Seconds of one IDLE; RFC 2177 §3 has at most 29 minutes, and lines die in silence sooner."""

_log = logging.getLogger("flowlang.email")


class ImapMailbox:
    """`ours` is the address whose mailbox it is. `every` is in seconds, `most` in bytes of a mail; `chance`
    is for jitter."""

    def __init__(
        self,
        server: Server,
        ours: str,
        *,
        folder: str = "INBOX",
        every: float = 60.0,
        most: int = 10 * 2**20,
        patience: Patience | None = None,
        chance: Random | None = None,
    ) -> None:
        self._server = server
        self._ours = ours
        self._folder = folder
        self._every = every
        self._most = most
        self._patience = patience or Patience()
        self._chance = chance or Random()
        self._threads = trio.CapacityLimiter(1)  # its own: it waits in there for minutes
        self._failed = 0

    async def run(self, take: Take, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Reads until cancelled; a connection that is lost is made again."""
        task_status.started(f"mail in the mailbox of {self._ours} at {self._server.host}")
        while True:
            try:
                await self._connected(take)
            except IMAP_ERRORS as error:
                self._failed += 1
                _log.warning("the mailbox of %s: %r; it is tried again", self._ours, str(error)[:200])
            except Exception:  # noqa: BLE001 (what a server makes of imaplib costs this connection alone)
                self._failed += 1
                _log.exception("the mailbox of %s failed; it is tried again", self._ours)
            await trio.sleep(self._patience.wait(self._failed, self._chance.random()))

    async def _connected(self, take: Take) -> None:
        """One connection, until it breaks. It was a good one where all that was new could be read."""
        blocking = partial(trio.to_thread.run_sync, abandon_on_cancel=True, limiter=self._threads)
        connection = await blocking(ImapConnection, self._server, self._folder, self._most)
        try:
            last = left = 0  # of one round through all that is unseen
            while True:
                found = await blocking(connection.unseen, last)
                for last in found:
                    data = await blocking(connection.fetch, last)
                    verdict = Verdict.BROKEN if data is None else await self._taken(take, data)
                    if verdict is Verdict.LATER:
                        left += 1
                        continue
                    if verdict is Verdict.BROKEN:
                        _log.warning("mail %d of %s is gone, or is none with a sender", last, self._ours)
                    await blocking(connection.seen, last)
                self._failed = 0
                if len(found) == AT_ONCE:
                    continue  # there may be more
                if connection.can_idle and not left:
                    await blocking(connection.idle, _IDLE)
                else:
                    await trio.sleep(self._every)
                last = left = 0
        finally:
            connection.close()

    async def _taken(self, take: Take, data: bytes) -> Verdict:
        try:
            return await take(data, "", (self._ours,))
        except Exception:  # noqa: BLE001 (a mistake of ours in somebody's mail keeps no other from being read)
            _log.exception("a mail in the mailbox of %s could not be taken", self._ours)
            return Verdict.LATER
