"""One connection to an IMAP server (RFC 9051), by imaplib.

What it lacks is here: an IDLE (RFC 2177), names of folders in modified UTF-7, passwords beyond ASCII, and a
limit on what the server may send at once.
"""

from __future__ import annotations

import binascii
import imaplib
import logging
import re
import select
import ssl
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedReader
from typing import Any, cast

from .settings import Server, cut

AT_ONCE = 50
"""Mails that are looked for in one go."""
_BEGINNING = 2**20
"""Bytes that are fetched of a mail that is too large: no more of any mail is looked at."""
IMAP_ERRORS = (imaplib.IMAP4.error, OSError, ValueError)  # the last where imaplib cannot read what it says
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_LONGEST_LITERAL = 100_000
"""Bytes of an answer that is no mail."""

_log = logging.getLogger("flowlang.email")


class _Limited:
    """Reads no more at once than a mail may have: it is the server who says how long something is."""

    most = 0

    def read(self, size: int) -> bytes:
        """That many bytes."""
        if size > max(self.most, _LONGEST_LITERAL):
            raise imaplib.IMAP4.abort(f"the server sends {size} bytes where {self.most} were expected")
        return bytes(cast("Any", super()).read(size))


class _Plain(_Limited, imaplib.IMAP4):
    pass


class _Encrypted(_Limited, imaplib.IMAP4_SSL):
    pass


class ImapConnection:
    """Blocks; for one worker thread. What a server makes of it raises `IMAP_ERRORS`, or worse: imaplib trusts
    it. `most` is in bytes of a mail."""

    def __init__(self, server: Server, folder: str, most: int) -> None:
        self._most = most
        context = server.context()
        self._imap: _Plain | _Encrypted
        if server.security == "tls":
            self._imap = _Encrypted(server.host, server.port, ssl_context=context, timeout=server.timeout)
        else:
            self._imap = _Plain(server.host, server.port, timeout=server.timeout)
        self._imap.most = most
        try:
            if server.security == "starttls":
                self._imap.starttls(context)
            self._log_in(server)
            (can, *_) = self._checked(*self._imap.capability())  # some tell less before a login
            self.can_idle = b"IDLE" in (can or b"").upper().split()
            self._checked(*self._imap.select(_quoted(modified_utf7(folder))))
        except BaseException:
            self._imap.shutdown()
            raise

    def _log_in(self, server: Server) -> None:
        """By PLAIN (RFC 4616), which has UTF-8, where the server can; else by LOGIN, which is for ASCII."""
        if server.user is None:
            return
        user, password = server.user, server.password or ""
        if "AUTH=PLAIN" in self._imap.capabilities:
            self._imap.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
        elif user.isascii() and password.isascii():
            self._imap.login(_quoted(user), password)
        else:
            raise imaplib.IMAP4.error("the server takes no user or password beyond ASCII")

    @staticmethod
    def _checked(status: str, data: Sequence[Any]) -> Sequence[Any]:
        if status != "OK":
            raise imaplib.IMAP4.error(str(data[:1])[:200])
        return data

    def unseen(self, after: int) -> list[int]:
        """The numbers of new mails that are higher, in order, of so many at once."""
        self._checked(*self._imap.noop())
        self._imap.response("EXISTS")  # what was told of so far is found now
        (found, *_) = self._checked(*self._imap.uid("SEARCH", "UNSEEN"))
        numbers = sorted(int(each[:20]) for each in (found or b"").split() if each.isdigit())
        return [each for each in numbers if each > after][:AT_ONCE]

    def fetch(self, uid: int) -> bytes | None:
        """A mail, of one that is too large its beginning; `None` where it is gone."""
        sizes = self._checked(*self._imap.uid("FETCH", str(uid), "(RFC822.SIZE)"))
        size = _SIZE.search(sizes[0]) if sizes and isinstance(sizes[0], bytes) else None
        if size is None:
            return None
        what = "(BODY.PEEK[])"
        if int(size[1]) > self._most:
            what = f"(BODY.PEEK[]<0.{min(self._most, _BEGINNING)}>)"
            text = "mail %d has %d bytes, more than `largest`, which is %d: its beginning alone is read"
            _log.warning(text, uid, int(size[1]), self._most)
        parts = self._checked(*self._imap.uid("FETCH", str(uid), what))
        return next((bytes(each[1]) for each in parts if isinstance(each, tuple)), None)  # pyright: ignore

    def seen(self, uid: int) -> None:
        """Marks it."""
        self._checked(*self._imap.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)"))

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
        """Ends it without a word; also from another thread than the one that uses it."""
        cut(self._imap.sock)
        with suppress(*IMAP_ERRORS):
            self._imap.shutdown()


def modified_utf7(folder: str) -> str:
    """The name of a folder as it is sent (RFC 3501 §5.1.3): what is not printable ASCII, in runs, as UTF-16
    in a Base64 with `,` for `/`."""

    def run(found: re.Match[str]) -> str:
        coded = binascii.b2a_base64(found[0].encode("utf-16-be", "surrogatepass"), newline=False).decode()
        return f"&{coded.rstrip('=').replace('/', ',')}-"

    return re.sub(r"[^ -~]+", run, folder.replace("&", "&-"))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
