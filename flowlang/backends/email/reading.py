"""A mail that came in, read: who wrote, what, in answer to which. Whatever it holds is somebody else's text.

Nothing raises: what is broken is left out. Sizes are limited before anything is decoded.
"""

from __future__ import annotations

import re
from codecs import lookup
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from itertools import islice

from flowlang.model.addresses import message_address

from .html_text import text_of_html
from .message_ids import ids_in
from .quotes import own_words

MOST_TEXT = 65_536
"""Characters of a body that a script sees."""
_MOST_HEADER = 4_000
_MOST_PARTS = 200
_MOST_READ = 2**20
"""Bytes of a mail that are looked at: texts stand before attachments."""
_MOST_NESTED = 20
"""Parts that have parts. The stdlib's parser looks at each line once for each of them that is around it."""
_MOST_BORDERS = 1_000
_CONTENT_TYPE = re.compile(rb"^content-type:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Codecs of Python that are no charset of mails (RFC 2978); one takes seconds."""
_MACHINES = ("list-id", "x-autoreply", "x-autorespond", "x-failed-recipients")
"""Headers that machines alone write."""
_BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)


@dataclass(frozen=True, slots=True)
class ReadMail:
    """`source`, who wrote it, and `reply_to`, where an answer goes if that is elsewhere, are `mailto:`
    addresses, `id` and `references` bare Message-IDs. `parent` is the mail that it answers. `text` is what
    its writer himself wrote; `automatic`: a machine did by itself."""

    message: Message
    id: str | None
    source: str | None
    reply_to: str | None
    name: str | None
    subject: str
    text: str
    parent: str | None
    references: tuple[str, ...]
    automatic: bool


def parsed(data: bytes) -> Message | None:
    """The mail as the stdlib parses it, `None` where it cannot."""
    try:
        return BytesParser(policy=compat32).parsebytes(data)
    except _BROKEN:
        return None


def read_mail(data: bytes, sender: str = "") -> ReadMail | None:
    """Reads a mail; `sender` is that of its envelope, empty for a machine's report. `None` where it is
    none."""
    data = data[:_MOST_READ]
    if _takes_long(data):
        return None
    mail = parsed(data)
    if mail is None:
        return None
    name, writer = next(iter(_addresses(mail, "from")), ("", None))
    _, answers_to = next(iter(_addresses(mail, "reply-to")), ("", None))  # RFC 5322 §3.6.2
    found = ids_in(header(mail, "message-id"))
    answered = ids_in(header(mail, "in-reply-to"))
    chain = ids_in(header(mail, "references"))
    parent = answered[0] if answered else chain[-1] if chain else None
    text = body_of(mail)
    return ReadMail(
        mail,
        found[0] if found else None,
        writer,  # that alone is what SPF, DKIM and DMARC speak of: anybody may write any Reply-To
        answers_to if answers_to != writer else None,
        decoded(name)[:200].strip() or None,
        decoded(header(mail, "subject")),
        (own_words(text) if parent is not None else text).strip(),
        parent,
        chain or answered[:1],  # RFC 5322 §3.6.4
        _automatic(mail, sender) or _is_mail_system(writer),
    )


def _takes_long(data: bytes) -> bool:
    """Whether it is made so that the stdlib's parser takes seconds."""
    nested = data.lower().count(b"multipart/")
    if nested > _MOST_NESTED or (nested and data.count(b"\n--") > _MOST_BORDERS):
        return True
    return any(len(each[0]) > _MOST_HEADER for each in _CONTENT_TYPE.finditer(data))


def header(mail: Message, name: str) -> str:
    """The first of that name, unfolded and as it stands; empty if there is none."""
    try:
        given = mail.get(name, "")
    except _BROKEN:
        return ""
    text = str(given)[:_MOST_HEADER]
    return " ".join(text.replace("\r", " ").replace("\n", " ").split())


def decoded(text: str) -> str:
    """The encoded words of a header (RFC 2047) as text, on one line."""
    with suppress(*_BROKEN):
        text = str(make_header(decode_header(text)))
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _addresses(mail: Message, name: str) -> tuple[tuple[str, str], ...]:
    given = header(mail, name)
    try:
        pairs = getaddresses([given])
    except _BROKEN:
        return ()
    found = ((shown, message_address("email", address)) for shown, address in pairs[:100])
    return tuple((shown, address) for shown, address in found if address is not None)


def body_of(mail: Message) -> str:
    """The plain text, else that of the HTML."""
    html: str | None = None
    try:
        for part in islice(mail.walk(), _MOST_PARTS):
            if part.is_multipart() or part.get_content_disposition() == "attachment":
                continue
            kind = part.get_content_type()
            if kind == "text/plain":
                return text_of(part)
            if kind == "text/html" and html is None:
                html = text_of(part)
    except _BROKEN:
        pass
    return text_of_html(html) if html is not None else ""


def text_of(part: Message) -> str:
    """A part's text, with `\\n` at the ends of lines, in so far as it can be read."""
    try:
        raw = part.get_payload(decode=True)
        charset = part.get_content_charset("utf-8")
    except _BROKEN:
        return ""
    data = raw[: MOST_TEXT * 4] if isinstance(raw, bytes) else b""
    try:
        if lookup(charset).name.replace("_", "-") in _NO_CHARSETS:
            raise LookupError
        text = data.decode(charset, "replace")
    except _BROKEN:  # no such charset
        text = data.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in text if each.isprintable() or each in "\n\t")[:MOST_TEXT]


def _automatic(mail: Message, sender: str) -> bool:
    """RFC 3834 §5, and what older machines say instead."""
    submitted = header(mail, "auto-submitted").lower()
    return (
        (submitted != "" and not submitted.startswith("no"))
        or header(mail, "precedence").lower() in ("bulk", "junk", "list", "auto_reply")
        or any(header(mail, name) for name in _MACHINES)
        or "<>" in (sender, header(mail, "return-path"))
    )


def _is_mail_system(writer: str | None) -> bool:
    """Whether a mail server wrote it of its own, as most call themselves in reports."""
    return writer is not None and writer.lower().startswith("mailto:mailer-daemon@")
