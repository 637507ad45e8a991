"""The backends for mail, SMS by SMPP, notices and data bases conform."""

from __future__ import annotations

import smtplib
import sqlite3
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trio

from flowlang.backends.border import Backend
from flowlang.backends.email import EmailBackend, Patience, Sender, Server, SmtpListener, Writer
from flowlang.backends.notify import NotifyBackend
from flowlang.backends.schedule import Cron, Schedule, ScheduleBackend
from flowlang.backends.smpp import Account, SmppBackend
from flowlang.backends.smpp import Smsc as Where
from flowlang.backends.sql import SqlBackend, SqliteConnection
from flowlang.model.message_commands import SendMessage, SqlRun
from flowlang.testing import Subject, check_backend
from tests.backends.email.smtp_peer import Mailbox, smtp_server
from tests.backends.smpp.smsc import Smsc, smsc_at_work

OUT = {
    "says what it is", "starts and ends", "settles", "sends each once", "twice is once",
    "waits until it runs", "cancels",
}  # fmt: skip
BOTH = OUT | {"takes in", "tells who sent only what is kept", "refuses"}


async def test_e_mail_conforms() -> None:
    mailbox = Mailbox()
    listeners: list[SmtpListener] = []
    with smtp_server(mailbox) as port:

        def make() -> Backend:
            listeners.append(SmtpListener(["@clinic.example"], port=0, bind="127.0.0.1"))
            sender = Sender(Server("127.0.0.1", port, "none"), patience=Patience(0.01))
            return EmailBackend(Writer("mailto:desk@clinic.example"), sender, listeners[-1:])

        async def bring(_: Backend, text: str) -> bool:
            mail = EmailMessage()
            mail["From"], mail["To"] = "ann@home.example", "desk@clinic.example"
            mail["Message-ID"] = f"<{len(text)}.{hash(text)}@home.example>"
            mail.set_content(text)

            def send() -> bool:
                try:
                    with smtplib.SMTP("localhost", listeners[-1].port, timeout=10) as client:
                        client.send_message(mail)
                except smtplib.SMTPDataError:
                    return False
                return True

            return await trio.to_thread.run_sync(send, abandon_on_cancel=True)

        held = await check_backend(
            Subject(
                make=make,
                command=lambda key, text: SendMessage(
                    "email", "mailto:ann@home.example", text, key, None, "Hi"
                ),
                arrived=lambda: [str(each["Message-ID"]) for each in mailbox.mails],
                bring=bring,
            )
        )
    assert set(held) == BOTH


async def test_smpp_conforms() -> None:
    smsc = Smsc(receipts=False)

    async def bring(_: Backend, text: str) -> bool:
        await smsc.bound.wait()
        before = len(smsc.answered)
        await smsc.write(text.encode("utf-16-be"), 8)
        while len(smsc.answered) == before:
            await smsc.answer_came.wait()
        return smsc.answered[-1].status == 0

    def arrived() -> list[str]:
        firsts = [each for each in smsc.taken.values() if each.octets("short_message")[5:6] in (b"", b"\1") or
                  not each.number("esm_class")]  # fmt: skip
        return [each.octets("short_message").hex() for each in firsts]

    async with smsc_at_work(smsc) as port:
        where = Where("127.0.0.1", port, Account("desk", "right"), again=0.01)
        held = await check_backend(
            Subject(
                make=lambda: SmppBackend(where, "Clinic"),
                command=lambda key, text: SendMessage("sms", "sms:+14155550100", text, key),
                arrived=arrived,
                bring=bring,
            )
        )
    assert set(held) == BOTH


async def test_notices_conform() -> None:
    told: list[str] = []

    class Service:
        def notify(self, body: str, title: str = "", **_: Any) -> bool:
            told.append(body)
            return True

    held = await check_backend(
        Subject(
            make=lambda: NotifyBackend({"default": Service()}),
            command=lambda key, text: SendMessage("notify", "default", text, key),
            arrived=lambda: told,
        )
    )
    assert set(held) == OUT


async def test_data_bases_conform(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as db:
        db.execute("create table texts (text)")
    db.close()

    def arrived() -> list[str]:
        with sqlite3.connect(path) as db:
            texts = [text for (text,) in db.execute("select text from texts")]
        db.close()
        return texts

    held = await check_backend(
        Subject(
            make=lambda: SqlBackend({"texts": SqliteConnection(path)}),
            command=lambda key, text: SqlRun("texts", "insert into texts values (?)", (text,), key),
            arrived=arrived,
        )
    )
    assert set(held) == OUT


async def test_schedules_conform() -> None:
    held = await check_backend(
        Subject(make=lambda: ScheduleBackend({"nightly": Schedule(Cron("0 2 * * *", "UTC"))}))
    )
    assert set(held) == {"says what it is", "starts and ends", "settles"}
