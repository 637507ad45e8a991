"""One SMTP conversation as its server (RFC 5321), without I/O: bytes in, replies and mails out.

- It takes mail for its own addresses and relays nothing.
- Lines end in CRLF, and only CRLF `.` CRLF ends a mail; a bare CR or LF anywhere ends the conversation, so
  that no second mail hides in one (RFC 5321 §2.3.8).
- PIPELINING is not offered: whoever sends before he has his answer is shown out. So nothing that came before
  STARTTLS or DATA is taken for what came after.
- Each size has a limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from flowlang.model.addresses import message_address

_OPTIONS = frozenset({"SIZE", "BODY", "AUTH"})
"""Of MAIL; AUTH says nothing that counts here, and some give it to everybody (RFC 4954 §5)."""
_LONGEST_COMMAND = 1_000  # RFC 5321 §4.5.3.1.4 asks for 512, extensions add to that
_LONGEST_TEXT_LINE = 1_000  # §4.5.3.1.6, with its CRLF
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~]){0,64}"@'  # §4.1.2: what stands before the @ may have spaces so
_PATH = re.compile(
    rf"(FROM|TO):\s?<((?:{_QUOTED})?[^<>\s]{{0,254}})>((?: [!-~]{{1,100}}){{0,10}})\s*\Z", re.IGNORECASE
)
_LONG_LINE = re.compile(rb"\n[^\n]{%d}" % _LONGEST_TEXT_LINE)
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one conversation: bytes of a mail, how many it may be to, how many mails, and how many mistakes."""

    size: int = 10 * 2**20
    recipients: int = 20
    mails: int = 100
    mistakes: int = 10


@dataclass(frozen=True, slots=True)
class Reply:
    """Send these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail has come; `answer` has to be called before anything else is read. `sender` is empty for a
    report."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


class Turn(Enum):
    """What the socket does now."""

    ENCRYPT = "encrypt"
    CLOSE = "close"


Output = Reply | Envelope | Turn


class SmtpSession:
    """`accepts` says of a `mailto:` address whether it is ours, `postmaster` is the one that `postmaster`
    alone stands for. `can_encrypt`: STARTTLS is offered."""

    def __init__(
        self,
        host: str,
        accepts: Callable[[str], bool],
        limits: Limits,
        *,
        postmaster: str | None = None,
        can_encrypt: bool = False,
    ) -> None:
        self._host = host
        self._accepts = accepts
        self._limits = limits
        self._postmaster = postmaster
        self._can_encrypt = can_encrypt
        self._buffer = bytearray()
        self._over = False
        self._waits = False
        self._greeted = False
        self._mistakes = 0
        self._mails = 0
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._text: bytearray | None = None
        self._size = 0
        self._bad: str | None = None

    @property
    def held(self) -> int:
        """Bytes of a mail that is not whole."""
        return len(self._text) if self._text is not None else 0

    def begin(self) -> list[Output]:
        """The greeting."""
        return [self._reply(220, f"{self._host} ESMTP")]

    def encrypted(self) -> None:
        """TLS is up: all begins anew (RFC 3207 §4.2)."""
        self._can_encrypt = False
        self._greeted = False
        self._reset()

    def receive(self, data: bytes) -> list[Output]:
        """Bytes from the network."""
        if self._over:
            return []
        if self._waits:
            return self._show_out("521 5.5.0 You spoke before the answer")
        self._buffer += data
        if (found := self._bare()) is not None:
            return found
        outputs: list[Output] = []
        while not self._over and not self._waits:
            end = self._buffer.find(b"\r\n")
            if end < 0:
                return outputs + self._too_long()
            if self._text is not None:
                outputs += self._take_text()
                continue
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            if self._buffer:
                return outputs + self._show_out("521 5.5.0 You spoke before the answer")
            outputs += self._command(line)
        return outputs

    def answer(self, code: int, text: str) -> list[Output]:
        """What became of the mail that came."""
        self._waits = False
        return [self._reply(code, text)]

    def _bare(self) -> list[Output] | None:
        whole = self._buffer[:-1] if self._buffer.endswith(b"\r") else self._buffer
        return self._show_out("521 5.5.2 Bare CR or LF") if _BARE.search(whole) else None

    def _too_long(self) -> list[Output]:
        longest = _LONGEST_COMMAND if self._text is None else 8 * _LONGEST_TEXT_LINE
        return self._show_out("500 5.5.6 Line too long") if len(self._buffer) > longest else []

    # -- a mail's text

    def _take_text(self) -> list[Output]:
        """All whole lines that are there, at once: there may be as many as bytes."""
        assert self._text is not None
        text = b"\r\n" + self._buffer
        dot = text.find(b"\r\n.\r\n")
        end = (dot if dot >= 0 else text.rfind(b"\r\n")) + 2
        lines = text[:end].replace(b"\r\n.", b"\r\n")  # §4.5.2
        del self._buffer[: end - 2 + (3 if dot >= 0 else 0)]
        self._size += len(lines) - 2
        if _LONG_LINE.search(lines):
            self._bad = self._bad or "550 5.6.0 A line has more than 998 characters"
        if self._size > self._limits.size:
            self._bad = f"552 5.3.4 More than {self._limits.size} bytes"
            self._text.clear()
            if self._size > 2 * self._limits.size:
                return self._show_out(self._bad)
        else:
            self._text += lines[2:]
        return self._take_mail() if dot >= 0 else []

    def _take_mail(self) -> list[Output]:
        assert self._text is not None
        sender, recipients, text = self._sender or "", tuple(self._recipients), self._text
        bad = self._bad
        self._reset()
        if self._buffer:
            return self._show_out("521 5.5.0 You spoke before the answer")
        if bad is not None:
            return [Reply(f"{bad}\r\n".encode())]
        self._waits = True
        return [Envelope(sender, recipients, bytes(text))]

    # -- commands

    def _command(self, line: bytes) -> list[Output]:
        if len(line) > _LONGEST_COMMAND or not line.isascii() or b"\0" in line:
            return self._mistake(500, "5.5.2 That is no command")
        verb, _, rest = line.decode("ascii").partition(" ")
        match verb.upper():
            case "EHLO" | "HELO":
                return self._greet(verb.upper(), rest)
            case "MAIL":
                return self._mail(rest)
            case "RCPT":
                return self._rcpt(rest)
            case "DATA":
                return self._data()
            case "RSET":
                self._reset()
                return [self._reply(250, "2.0.0 OK")]
            case "NOOP":
                return [self._reply(250, "2.0.0 OK")]
            case "VRFY":
                return [self._reply(252, "2.1.5 Send a mail and see")]
            case "STARTTLS" if self._can_encrypt:
                return [self._reply(220, "2.0.0 Begin"), Turn.ENCRYPT]
            case "QUIT":
                return self._show_out("221 2.0.0 Bye")
            case _:
                return self._mistake(502, "5.5.1 There is no such command here")

    def _greet(self, verb: str, name: str) -> list[Output]:
        if not name.strip():
            return self._mistake(501, "5.5.4 Say who you are")
        self._reset()
        self._greeted = True
        if verb == "HELO":
            return [self._reply(250, self._host)]
        lines = [self._host, f"SIZE {self._limits.size}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self._can_encrypt:
            lines.append("STARTTLS")
        shown = [
            f"250{'-' if number < len(lines) else ' '}{each}\r\n" for number, each in enumerate(lines, 1)
        ]
        return [Reply("".join(shown).encode())]

    def _mail(self, rest: str) -> list[Output]:
        found = _PATH.match(rest)
        if not self._greeted or self._sender is not None:
            return self._mistake(503, "5.5.1 Not now")
        if found is None or found[1].upper() != "FROM":
            return self._mistake(501, "5.5.4 MAIL FROM:<address>")
        for option in found[3].split():
            name, _, value = option.upper().partition("=")
            if name == "SIZE" and value.isdigit() and int(value[:12]) > self._limits.size:
                return [self._reply(552, f"5.3.4 More than {self._limits.size} bytes")]
            if name not in _OPTIONS:
                return self._mistake(555, "5.5.4 That is not offered")
        if self._mails >= self._limits.mails:
            return self._show_out("421 4.7.0 Enough for one connection")
        self._sender = found[2]  # nothing is sent there, so it may be any (VERP, SRS)
        return [self._reply(250, "2.1.0 OK")]

    def _rcpt(self, rest: str) -> list[Output]:
        found = _PATH.match(rest)
        if self._sender is None:
            return self._mistake(503, "5.5.1 MAIL comes first")
        if found is None or found[1].upper() != "TO" or found[3]:
            return self._mistake(501, "5.5.4 RCPT TO:<address>")
        address = message_address("email", found[2])
        if found[2].lower() == "postmaster":  # RFC 5321 §4.5.1
            address = self._postmaster
        if address is None or not (address == self._postmaster or self._accepts(address)):
            return self._mistake(550, "5.7.1 That is none of our addresses, and we relay nothing")
        if len(self._recipients) >= self._limits.recipients:
            return [self._reply(452, "4.5.3 Too many recipients")]
        if address not in self._recipients:
            self._recipients.append(address)
        return [self._reply(250, "2.1.5 OK")]

    def _data(self) -> list[Output]:
        if not self._recipients:
            return self._mistake(503, "5.5.1 RCPT comes first")
        self._mails += 1
        self._text = bytearray()
        return [self._reply(354, "End with CRLF.CRLF")]

    # -- all of them

    def _reset(self) -> None:
        self._sender, self._recipients = None, []
        self._text, self._size, self._bad = None, 0, None

    def _reply(self, code: int, text: str) -> Reply:
        return Reply(f"{code} {text}\r\n".encode("ascii", "replace"))

    def _mistake(self, code: int, text: str) -> list[Output]:
        self._mistakes += 1
        if self._mistakes > self._limits.mistakes:
            return self._show_out("421 4.7.0 Too many mistakes")
        return [self._reply(code, text)]

    def _show_out(self, line: str) -> list[Output]:
        self._over = True
        self._buffer.clear()
        return [Reply(f"{line}\r\n".encode()), Turn.CLOSE]
