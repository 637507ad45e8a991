"""Mails in: a mailbox at an IMAP server (RFC 9051), read by a worker thread.

What is unseen is read, and marked as seen when an activeflow has it or nobody wants it; what cannot be taken
now stays for the next time. Where the server can IDLE (RFC 2177) it tells of new mail at once; else it is
asked every `every` seconds.
"""

from __future__ import annotations

import imaplib
import logging
import re
import select
import ssl
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from io import BufferedReader
from random import Random
from typing import Any, cast

import trio

from .incoming import Take, Verdict
from .settings import Patience, Server

_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_AT_ONCE = 50
_IDLE = 120.0
"""Seconds of one IDLE; RFC 2177 §3 has at most 29 minutes, and lines die in silence sooner."""

_log = logging.getLogger("flowlang.email")
_ERRORS = (imaplib.IMAP4.error, OSError)


class _Connection:
    """Blocks; for one worker thread."""

    def __init__(self, server: Server, folder: str, most: int) -> None:
        self._most = most
        context = server.context()
        self._imap: imaplib.IMAP4
        if server.security == "tls":
            self._imap = imaplib.IMAP4_SSL(
                server.host, server.port, ssl_context=context, timeout=server.timeout
            )
        else:
            self._imap = imaplib.IMAP4(server.host, server.port, timeout=server.timeout)
        try:
            if server.security == "starttls":
                self._imap.starttls(context)
            if server.user is not None:
                self._imap.login(server.user, server.password or "")
            quoted = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
            self._checked(*self._imap.select(quoted))
        except BaseException:
            self._imap.shutdown()
            raise
        self.can_idle = "IDLE" in self._imap.capabilities

    @staticmethod
    def _checked(status: str, data: Sequence[Any]) -> Sequence[Any]:
        if status != "OK":
            raise imaplib.IMAP4.error(str(data[:1])[:200])
        return data

    def unseen(self) -> list[str]:
        """The numbers of new mails, of so many at once."""
        self._checked(*self._imap.noop())
        self._imap.response("EXISTS")  # what was told of so far is found now
        (found, *_) = self._checked(*self._imap.uid("SEARCH", "UNSEEN"))
        return [each.decode() for each in (found or b"").split()][:_AT_ONCE]

    def fetch(self, uid: str) -> bytes | None:
        """A mail; `None` where it is gone or too large."""
        sizes = self._checked(*self._imap.uid("FETCH", uid, "(RFC822.SIZE)"))
        size = _SIZE.search(sizes[0]) if sizes and isinstance(sizes[0], bytes) else None
        if size is None or int(size[1]) > self._most:
            return None
        parts = self._checked(*self._imap.uid("FETCH", uid, "(BODY.PEEK[])"))
        return next((bytes(each[1]) for each in parts if isinstance(each, tuple)), None)  # pyright: ignore

    def seen(self, uid: str) -> None:
        """Marks it."""
        self._checked(*self._imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen)"))

    def idle(self, seconds: float) -> None:
        """Waits until the server tells of something, or as long as that; not at all where it has told of a
        mail since they were looked for."""
        if self._imap.response("EXISTS")[1] != [None]:
            return  # told once; it will not be told again (RFC 9051 §7)
        self._imap.send(b"IDLE1 IDLE\r\n")
        while not (line := self._imap.readline()).startswith(b"+"):
            if not line.startswith(b"* "):
                raise imaplib.IMAP4.abort("IDLE was refused")
            seconds = 0.0  # told before it idles
        if not self._has_read():
            select.select([self._imap.sock], [], [], seconds)
        self._imap.send(b"DONE\r\n")
        for _ in range(1_000):
            line = self._imap.readline()
            if not line or line.startswith(b"IDLE1 "):
                break

    def _has_read(self) -> bool:
        """Whether something came in one go with what was read, which `select` does not see."""
        sock = self._imap.sock
        timeout = sock.gettimeout()
        sock.settimeout(0)
        try:
            return bool(cast("BufferedReader", self._imap.file).peek(1))
        except ssl.SSLWantReadError:
            return False
        finally:
            sock.settimeout(timeout)

    def close(self) -> None:
        """Ends it without a word."""
        with suppress(*_ERRORS):
            self._imap.shutdown()


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
        self._failed = 0

    async def run(self, take: Take, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Reads until cancelled; a connection that is lost is made again."""
        task_status.started(f"mail in the mailbox of {self._ours} at {self._server.host}")
        while True:
            try:
                await self._connected(take)
            except _ERRORS as error:
                self._failed += 1
                _log.warning("the mailbox of %s: %r; it is tried again", self._ours, str(error)[:200])
            await trio.sleep(self._patience.wait(self._failed, self._chance.random()))

    async def _connected(self, take: Take) -> None:
        """One connection, until it breaks. It was a good one where all that was new could be read."""
        blocking = partial(trio.to_thread.run_sync, abandon_on_cancel=True)
        connection = await blocking(_Connection, self._server, self._folder, self._most)
        try:
            while True:
                left = 0
                found = await blocking(connection.unseen)
                for uid in found:
                    data = await blocking(connection.fetch, uid)
                    verdict = Verdict.BROKEN if data is None else await take(data, "", (self._ours,))
                    if verdict is Verdict.LATER:
                        left += 1
                    else:
                        await blocking(connection.seen, uid)
                self._failed = 0
                if len(found) == _AT_ONCE and not left:
                    continue  # there may be more
                if connection.can_idle and not left:
                    await blocking(connection.idle, _IDLE)
                else:
                    await trio.sleep(self._every)
        finally:
            connection.close()
