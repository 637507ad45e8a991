"""One connection to an SMTP server, for a worker thread: it blocks.

Where the server's answer to the whole mail is lost, nobody knows whether it took it: that alone is `unknown`.
All that fails before the last dot was not delivered (RFC 5321 §3.8) and may be tried again.
"""

from __future__ import annotations

import smtplib
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from flowlang.backends.border import BackendError
from flowlang.backends.on_wire import OnWire

from .compose import Mail
from .settings import Server, cut


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. `again`: a later one may go better. `reason` is a stable word, `detail` the
    server's own, on one line."""

    how: Literal["sent", "again", "failed", "unknown"]
    reason: str = ""
    detail: str = ""


_MOST_DETAIL = 200
_ERRORS = (
    smtplib.SMTPException,
    OSError,
    ValueError,
)  # the last where smtplib cannot read what a server says


def _line(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:_MOST_DETAIL]


class SmtpConnection:
    """Connects when it first has to send, and again after it was lost."""

    def __init__(self, server: Server, ehlo: str | None = None, on_wire: OnWire | None = None) -> None:
        self._server = server
        self._ehlo = ehlo
        self._on_wire = on_wire or OnWire()
        self._smtp: smtplib.SMTP | None = None

    def send(self, mail: Mail) -> Ended:
        """One attempt."""
        for fresh in (self._smtp is None, True):
            try:
                smtp = self._smtp or self._connect()
            except smtplib.SMTPAuthenticationError as error:
                return Ended("failed", "login", _line(error.smtp_error))
            except smtplib.SMTPResponseException as error:
                return _refused(error.smtp_code, error.smtp_error)
            except (*_ERRORS, BackendError) as error:
                return Ended("again", "carrier_down", _line(str(error)))
            try:
                return self._transact(smtp, mail)
            except _ERRORS as error:
                self._drop()
                if fresh:
                    return Ended("again", "carrier_down", _line(str(error)))
        raise AssertionError("a fresh connection is the last")

    def close(self) -> None:
        """Says goodbye."""
        if self._smtp is not None:
            with suppress(*_ERRORS):
                self._smtp.quit()
            self._drop()

    def abandon(self) -> None:
        """Closes it without a word; for another thread than the one that uses it."""
        smtp = self._smtp  # which that thread may drop meanwhile
        if smtp is not None:
            cut(smtp.sock)
            with suppress(*_ERRORS):
                smtp.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        smtp: smtplib.SMTP
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(
                server.host, server.port, self._ehlo, timeout=server.timeout, context=server.context()
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, self._ehlo, timeout=server.timeout)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                smtp.starttls(context=server.context())
                smtp.ehlo()
            if server.user is not None:
                _log_in(smtp, server.user, server.password or "")
        except BaseException:
            smtp.close()
            raise
        self._smtp = smtp
        return smtp

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _transact(self, smtp: smtplib.SMTP, mail: Mail) -> Ended:
        options = [f"SIZE={len(mail.data)}"] if smtp.has_extn("size") else []
        asks = ["NOTIFY=SUCCESS,FAILURE"] if smtp.has_extn("dsn") else []  # RFC 3461 §4.1
        for code, reply in (smtp.mail(mail.sender, options), smtp.rcpt(mail.recipient, asks)):
            if code not in (250, 251):
                smtp.rset()
                return _refused(code, reply)
        code, reply = smtp.docmd("DATA")
        if code != 354:
            smtp.rset()
            return _refused(code, reply)
        smtp.send(dotted(mail.data))
        self._on_wire.begin(mail.key)
        try:
            smtp.send(b".\r\n")
            code, reply = smtp.getreply()
        except _ERRORS as error:
            self._drop()
            return Ended("unknown", detail=_line(str(error)))
        if 200 <= code < 300:
            return Ended("sent")
        if not 400 <= code < 600:  # no answer of SMTP: it may have taken the mail all the same
            self._drop()
            return Ended("unknown", detail=_line(f"{code} {_line(reply)}"))
        self._on_wire.undo(mail.key)
        return _refused(code, reply)


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """smtplib has ASCII alone; PLAIN has UTF-8 (RFC 4616 §2)."""
    if user.isascii() and password.isascii():
        smtp.login(user, password)
        return
    response = b64encode(f"\0{user}\0{password}".encode()).decode()
    code, reply = smtp.docmd("AUTH", f"PLAIN {response}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def dotted(data: bytes) -> bytes:
    """A mail as DATA takes it, the closing dot left out: CRLF at each line's end and no other CR or LF, a dot
    at a line's beginning doubled (RFC 5321 §4.5.2)."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if not lines[-1]:
        lines.pop()
    return b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in lines)


def _refused(code: int, reply: bytes | str) -> Ended:
    detail = _line(f"{code} {_line(reply)}")
    if 400 <= code < 500:
        return Ended("again", "busy", detail)
    if code < 400:  # no refusal and no yes either
        return Ended("again", "carrier_down", detail)
    return Ended("failed", "rejected", detail)
