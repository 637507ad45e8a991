"""A `SendMessage` as an e-mail on the wire (RFC 5322, MIME). No I/O but reading attachments.

Nothing of a text makes a header: what has a control character where a header is built is refused, and the
stdlib's `email` package does the rest. There is one recipient, ever.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from flowlang.model.addresses import message_address
from flowlang.model.message_commands import SendMessage
from flowlang.model.texts import is_one_line

from .attachable import Attachable
from .message_ids import id_of_key, is_message_id, references

_LONGEST_HEADER = 1_000
"""Characters; the stdlib takes seconds to fold a hundred times that."""
_POLICY = SMTP.clone(max_line_length=78, cte_type="7bit")


class ComposeError(Exception):
    """The mail cannot be made; `reason` is a stable word, the message one line."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that is ready. `sender` and `recipient` are those of the envelope, `id` is its Message-ID, `key`
    its command's."""

    key: str
    id: str
    sender: str
    recipient: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Writer:
    """`sender` is the operator's default address and `name` what stands before it. `attachable` are
    the files that scripts may attach; `most_bytes` is how large a mail may be."""

    sender: str
    name: str = ""
    attachable: Attachable = field(default_factory=Attachable)
    most_bytes: int = 20 * 2**20

    def compose(self, command: SendMessage, at: int, chain: Sequence[str] = ()) -> Mail:
        """The mail of a command; `at` is microseconds since 1970, `chain` the references of the mail that it
        answers. Raises `ComposeError`."""
        sender, name = _bare(command.source or self.sender), self.name
        recipient = _bare(command.deliver_to or command.to)
        mail = EmailMessage(_POLICY)
        mail["From"] = Address(_header("from", name), addr_spec=sender)
        mail["To"] = Address(addr_spec=recipient)
        mail["Subject"] = _header("subject", command.subject or "")
        mail["Date"] = format_datetime(datetime.fromtimestamp(at / 1_000_000, UTC))
        message_id = id_of_key(command.key, sender.rpartition("@")[2])
        mail["Message-ID"] = f"<{message_id}>"
        if command.reply_to is not None and is_message_id(command.reply_to):
            mail["In-Reply-To"] = f"<{command.reply_to}>"
            chain = references(tuple(each for each in chain if is_message_id(each)), command.reply_to)
            mail["References"] = " ".join(f"<{each}>" for each in chain)
        mail["Auto-Submitted"] = "auto-replied" if command.reply_to else "auto-generated"  # RFC 3834 §5
        mail["X-Auto-Response-Suppress"] = "All"  # [MS-OXCMAIL] §2.2.3.2.14: no vacation notes to us
        self._fill(mail, command)
        data = mail.as_bytes()
        if not _in_order(mail, data):
            raise ComposeError("value", "a header of the mail would make another")
        if len(data) > self.most_bytes:
            raise ComposeError("too_large", f"the mail has {len(data)} bytes, more than {self.most_bytes}")
        return Mail(command.key, message_id, sender, recipient, data)

    def _fill(self, mail: EmailMessage, command: SendMessage) -> None:
        _set_text(mail, command.text, "plain")
        if command.html is not None:
            html = EmailMessage(_POLICY)
            _set_text(html, command.html, "html")
            mail.make_alternative()
            mail.attach(html)
        left = self.most_bytes
        for path in command.attachments:
            content = self._read(path, left)
            left -= len(content)
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            main, _, sub = kind.partition("/")
            name = _header("attachments", path.rpartition("/")[2])
            mail.add_attachment(content, maintype=main, subtype=sub, filename=name)

    def _read(self, path: str, most: int) -> bytes:
        try:
            file = self.attachable.find(path)
            if file is None:
                wanted = "a file below the folders that `attachments` of the backend names"
                raise ComposeError("attachment", f"an attachment has to be {wanted}, and no secret")
            with file.open("rb") as opened:
                content = opened.read(most + 1)
        except OSError as error:
            raise ComposeError("attachment", f"cannot read an attachment: {error.strerror}") from None
        if len(content) > most:
            raise ComposeError("too_large", f"the attachments have more than {self.most_bytes} bytes")
        return content


def _bare(address: str) -> str:
    """The address alone; nothing but one address comes through."""
    checked = message_address("email", address)
    if checked is None:
        raise ComposeError("address", "this is not one e-mail address")
    return checked.removeprefix("mailto:")


def _header(what: str, text: str) -> str:
    if len(text) > _LONGEST_HEADER:
        raise ComposeError("too_large", f"`{what}` has at most {_LONGEST_HEADER} characters")
    if not is_one_line(text):
        raise ComposeError("value", f"`{what}` is one line without control characters")
    return text.replace("=?", "= ?")  # else `email` reads an encoded word there, whatever it encodes


def _in_order(mail: EmailMessage, data: bytes) -> bool:
    """Whether what is written has the headers that were meant, each once and in their order."""
    lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [each.partition(b":")[0] for each in lines if each[:1] not in (b" ", b"\t")]
    return names == [each.encode() for each in mail.keys()]  # noqa: SIM118 (the headers, not the mail)


def _set_text(part: EmailMessage, text: str, kind: str) -> None:
    """Text of any characters: what no mail may hold raw (NUL, a lone CR, a long line) is encoded."""
    text = text.encode("utf-8", "replace").decode()
    plain = text.isascii() and all(each.isprintable() or each in "\t\n" for each in text)
    part.set_content(text, subtype=kind, charset="utf-8", cte=None if plain else "quoted-printable")
