"""Whatever stands in a field of a mail, short message or notice: one recipient, and no header, command or
part but ours."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from random import Random
from typing import Any

import pytest
import trio

from flowlang.backends.email.compose import ComposeError, Mail, Writer
from flowlang.backends.email.settings import Server
from flowlang.backends.email.smtp_client import SmtpConnection
from flowlang.backends.notify import NotifyBackend
from flowlang.backends.smpp import Account, SmppBackend
from flowlang.backends.smpp import Smsc as Where
from flowlang.backends.smpp.text import text_of
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Failed, Result
from tests.backends.counted import Counted, Record
from tests.backends.email.smtp_peer import Mailbox, smtp_server
from tests.backends.host import TestHost
from tests.backends.naughty import ALL
from tests.backends.naughty_fields import FIELDS
from tests.backends.smpp.smsc import Smsc, smsc_at_work

TEXTS = (*ALL, *FIELDS)

MAIL = SendMessage(
    "email", "mailto:ann@home.example", "Come at ten.", "af1/1", None, "Your visit", "<p>Ten</p>"
)
SMS = SendMessage("sms", "sms:+14155550100", "Come at ten.", "af1/1")
HEADERS = {
    "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress",
    "mime-version", "content-type", "in-reply-to", "references", "content-transfer-encoding",
}  # fmt: skip


def composed(field: str, text: str) -> Mail | None:
    """The mail with this text in that field; `None` where it is refused."""
    writer = Writer("mailto:desk@clinic.example", "Clinic")
    command = MAIL
    if field == "name":
        writer = replace(writer, name=text)
    else:
        command = replace(MAIL, **{field: (text,) if field == "attachments" else text})
    try:
        return writer.compose(command, 0)
    except (ComposeError, ValueError, IndexError):
        return None


def read(data: bytes) -> EmailMessage:
    return BytesParser(policy=default).parsebytes(data)  # type: ignore[return-value, arg-type]


@pytest.mark.parametrize(
    "field", ["to", "deliver_to", "source", "subject", "text", "html", "reply_to", "attachments", "name"]
)
def test_a_mail_has_our_headers_and_one_recipient_whatever_its_fields_say(
    field: str, record_property: Record
) -> None:
    texts = TEXTS[:: 4 if field in ("text", "html", "reply_to") else 1]
    counted = Counted(len(texts))
    for text in texts:
        mail = composed(field, text)
        if mail is None:
            continue
        counted.left += 1
        got = read(mail.data)
        names = Counter(name.lower() for name in got.keys())  # noqa: SIM118 (the headers, not the mail)
        counted.headers += len(set(names) - HEADERS) + names.total() - len(names)
        assert mail.recipient == "ann@home.example" or field in ("to", "deliver_to")
        for address in (mail.recipient, mail.sender):
            assert address.count("@") == 1
            assert address.isascii()
            assert address.isprintable()
            assert not set(address) & set(' <>,;:"\\')
        counted.recipients += len(got["To"].addresses) - 1 + len(got["From"].addresses) - 1
        parts = [each.get_content_type() for each in got.walk()]
        counted.commands += sorted(parts) != ["multipart/alternative", "text/html", "text/plain"]
        assert b"\0" not in mail.data
    counted.hold(record_property, f"email {field}")
    assert counted.left or field == "attachments"


def test_texts_come_through_as_they_are() -> None:
    for text in TEXTS[::2]:
        mail = composed("text", text)
        assert mail is not None
        body = read(mail.data).get_body(("plain",))
        assert body is not None
        wanted = text.encode("utf-8", "replace").decode()
        assert lines(body.get_content()) == lines(wanted)


def lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def test_on_the_wire_each_is_one_mail_to_one(record_property: Record) -> None:
    mailbox = Mailbox()
    sent = 0
    with smtp_server(mailbox) as port:
        connection = SmtpConnection(Server("127.0.0.1", port, "none"))
        for field in ("text", "subject", "html"):
            for text in TEXTS[::15]:
                mail = composed(field, text)
                if mail is not None:
                    assert connection.send(mail).how == "sent", text
                    sent += 1
        connection.close()
    counted = Counted(sent, len(mailbox.envelopes), commands=len(mailbox.envelopes) - sent)
    for envelope, got in zip(mailbox.envelopes, mailbox.mails, strict=True):
        counted.recipients += envelope.rcpt_tos != ["ann@home.example"]
        counted.commands += envelope.mail_from != "desk@clinic.example"
        names = {name.lower() for name in got.keys()}  # noqa: SIM118 (the headers, not the mail)
        counted.headers += len(names - HEADERS)
    counted.hold(record_property, "email on the wire")


async def test_a_short_message_goes_to_one_number_and_says_what_it_says(record_property: Record) -> None:
    smsc, host = Smsc(receipts=False), TestHost()
    results: list[Result] = []
    texts = [each for each in TEXTS if len(each) < 1_000]
    async with smsc_at_work(smsc) as port, trio.open_nursery() as nursery:
        where = Where("127.0.0.1", port, Account("desk", "right"))
        backend = SmppBackend(where, "Clinic", chance=Random(1))
        await nursery.start(backend.run, host)
        for field in ("text", "to", "source"):
            for number, text in enumerate(texts):
                command = replace(SMS, key=f"{field}/{number}", **{field: text})
                backend.send(command, results.append)
        with trio.fail_after(30):
            await backend.settle()
        nursery.cancel_scope.cancel()
    assert len(results) == 3 * len(texts)
    pdus = list(smsc.taken.values())
    counted = Counted(3 * len(texts), len(pdus), commands=smsc.binds - 1)
    for pdu in pdus:
        counted.recipients += not pdu.text("destination_addr").isdigit()
        counted.headers += not pdu.text("source_addr").replace(" ", "").isalnum()
    counted.hold(record_property, "smpp text, to, from")
    whole = Counter(
        text_of(each.number("data_coding"), each.octets("short_message"))
        for each in pdus
        if not each.number("esm_class")
    )
    for text in texts:
        wanted = text.encode("utf-8", "replace").decode()
        assert whole[wanted] or len(wanted) > 69


async def test_a_notice_is_a_title_and_a_text_and_no_more(record_property: Record) -> None:
    class Service:
        def __init__(self) -> None:
            self.told: list[tuple[str, str, Any]] = []
            self._lock = threading.Lock()

        def notify(self, body: str, title: str = "", **more: Any) -> bool:
            with self._lock:
                self.told.append((title, body, more))
            return True

    service = Service()
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        backend = NotifyBackend({"default": service})
        await nursery.start(backend.run, TestHost())
        for number, text in enumerate(TEXTS):
            command = SendMessage("notify", "default", text, f"af{number}/1", None, text)
            backend.send(command, results.append)
        await backend.settle()
        nursery.cancel_scope.cancel()
    assert len(results) == len(TEXTS)
    assert all(isinstance(each, Done | Failed) for each in results)
    counted = Counted(len(TEXTS), len(service.told), commands=max(0, len(service.told) - len(TEXTS)))
    for title, _, more in service.told:
        counted.headers += bool(set(title) & set("\r\n\0\u2028\u2029\x85"))
        counted.commands += more != {"body_format": "text"}
    counted.hold(record_property, "notify title, text")
