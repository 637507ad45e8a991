"""What may have been sent before a crash is not sent again, and what surely was not, is."""

from __future__ import annotations

from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pytest
import trio

from flowlang.backends.border import Backend, Outlet
from flowlang.backends.email import EmailBackend, Patience, Sender, Server, Writer
from flowlang.backends.http_client import EVERYWHERE, ClientSettings
from flowlang.backends.http_client import Patience as Tries
from flowlang.backends.notify import NotifyBackend
from flowlang.backends.on_wire import OnWire
from flowlang.backends.smpp import Account, SmppBackend, Timers
from flowlang.backends.smpp import Patience as Waits
from flowlang.backends.smpp import Smsc as Where
from flowlang.backends.sms_gateway import Form, SmsGatewayBackend
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from tests.backends.email.smtp_peer import Mailbox, smtp_server
from tests.backends.host import TestHost
from tests.backends.http.peer import Reply, peer
from tests.backends.smpp.smsc import Smsc, smsc_at_work


async def outcomes(backend: Backend, *commands: OutsideCommand) -> list[str]:
    """How each ends, in one process."""
    assert isinstance(backend, Outlet)
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        for each in commands:
            before = len(results)
            backend.send(each, results.append)
            with trio.fail_after(10):
                while len(results) == before:
                    await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    names: list[str] = []
    for each in results:
        assert isinstance(each, Done)
        assert isinstance(each.value, Outcome)
        names.append(each.value.name)
    return names


def test_marks_outlive_a_process_and_damage(tmp_path: Path) -> None:
    path = tmp_path / "data" / "mail.sent"
    first = OnWire(path)
    for key in ("a", "b", "\ud800"):
        first.begin(key)
    first.undo("b")
    assert not first.before("a")
    path.write_bytes(path.read_bytes() + b"\xff\n+")
    again = OnWire(path)
    assert [again.before(key) for key in ("a", "b", "\ud800", "c")] == [True, False, True, False]


def test_old_marks_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "mail.sent"
    OnWire(path).begin("a")
    path.write_bytes(path.read_bytes() + b"x" * 4_000_000)
    second = OnWire(path)
    second.begin("b")
    assert path.stat().st_size < 100
    third = OnWire(path)
    assert third.before("a")
    assert third.before("b")


def test_marks_of_a_long_life_take_no_more_than_two_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowlang.backends.on_wire._LARGEST", 3_400)  # a hundred marks
    path = tmp_path / "mail.sent"
    marks = OnWire(path)
    for number in range(1_000):
        marks.begin(str(number))
        marks.undo(str(number - 1))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mail.old", "mail.sent"]
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) < 7_000
    again = OnWire(path)
    assert [number for number in range(1_000) if again.before(str(number))] == [999]


def test_threads_mark_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowlang.backends.on_wire._LARGEST", 30_000)
    marks = OnWire(tmp_path / "mail.sent")

    def mark(name: str) -> None:
        for number in range(400):
            marks.begin(f"{name}{number}")

    threads = [Thread(target=mark, args=(name,)) for name in "abcd"]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    again = OnWire(tmp_path / "mail.sent")
    assert all(again.before(f"{name}399") for name in "abcd")


def test_a_folder_that_cannot_be_written_keeps_nothing_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    marks = OnWire(tmp_path / "file" / "mail.sent")
    marks.begin("a")
    assert not marks.before("a")


async def test_a_mail_whose_end_a_crash_hid_is_unknown(tmp_path: Path) -> None:
    mailbox = Mailbox(hang_up_after_data=1, data=[])
    with smtp_server(mailbox) as port:

        def process() -> EmailBackend:
            sender = Sender(
                Server("127.0.0.1", port, "none"),
                on_wire=OnWire(tmp_path / "mail.sent"), patience=Patience(0.001, 0.002, 0.0),
            )  # fmt: skip
            return EmailBackend(Writer("mailto:desk@clinic.example"), sender)

        def mail(key: str) -> SendMessage:
            return SendMessage("email", "mailto:ann@home.example", "Hi", key, subject="Hi")

        assert await outcomes(process(), mail("cut")) == ["unknown"]
        mailbox.data = ["451 later", "550 no"]
        assert await outcomes(process(), mail("busy"), mail("refused")) == ["failed", "failed"]
        again = await outcomes(process(), mail("cut"), mail("busy"), mail("refused"), mail("new"))
        assert again == ["unknown", "sent", "sent", "sent"]
    assert len(mailbox.mails) == 4


async def test_a_short_message_whose_end_a_crash_hid_is_unknown(tmp_path: Path) -> None:
    smsc = Smsc(answers_submits=False, receipts=False)
    async with smsc_at_work(smsc) as port:

        def process() -> SmppBackend:
            timers = Timers(answer=0.1)
            where = Where("127.0.0.1", port, Account("desk", "right"), timers=timers, again=0.01)
            waits = Waits(0.001, 0.002, doubt=0.05)
            marks = OnWire(tmp_path / "sms.sent")
            return SmppBackend(where, "Clinic", patience=waits, on_wire=marks, chance=Random(1))

        def sms(key: str) -> SendMessage:
            return SendMessage("sms", "sms:+14155550100", "Hi", key)

        assert await outcomes(process(), sms("cut")) == ["unknown"]
        smsc.answers_submits = True
        smsc.statuses = [0x58, 0x0B]
        assert await outcomes(process(), sms("refused")) == ["failed"]
        assert await outcomes(process(), sms("cut"), sms("refused"), sms("new")) == [
            "unknown",
            "sent",
            "sent",
        ]
    assert len(smsc.taken) == 3


async def test_a_text_that_a_gateway_had_when_the_process_died_is_unknown(tmp_path: Path) -> None:
    reply = Reply(hangs=True)
    async with peer(lambda _asked: reply) as server:

        def process() -> SmsGatewayBackend:
            return SmsGatewayBackend(
                "texts", Form(f"{server.url}/v2", {"to": "{to}"}, ("id",)), source="sms:+16062067563",
                client=ClientSettings(EVERYWHERE, Tries(2, 0.001)), on_wire=OnWire(tmp_path / "texts.sent"),
            )  # fmt: skip

        def sms(key: str) -> SendMessage:
            return SendMessage("sms", "sms:+14155550100", "Hi", key)

        async with trio.open_nursery() as nursery:  # the process that dies
            died = process()
            await nursery.start(died.run, TestHost())
            died.send(sms("cut"), lambda _result: None)
            while not server.asked:
                await server.news.park()
            nursery.cancel_scope.cancel()
        for status in (400, 503):
            reply = Reply(status)
            assert await outcomes(process(), sms(f"refused {status}")) == ["failed"]
        reply = Reply(201, b'{"id": "1"}')
        again = [sms("cut"), sms("refused 400"), sms("refused 503"), sms("new")]
        asked = len(server.asked)
        assert await outcomes(process(), *again) == ["unknown", "sent", "sent", "sent"]
    assert len(server.asked) == asked + 3


async def test_a_notice_whose_end_a_crash_hid_is_unknown(tmp_path: Path) -> None:
    marks = OnWire(tmp_path / "alerts.sent")
    marks.begin("cut")

    class Service:
        says: bool | None = None

        def notify(self, body: str, title: str = "", **more: Any) -> bool | None:
            return self.says

    def process() -> NotifyBackend:
        return NotifyBackend({"default": service}, OnWire(tmp_path / "alerts.sent"))

    def notice(key: str) -> SendMessage:
        return SendMessage("notify", "default", "It burns.", key)

    service = Service()
    assert await outcomes(process(), notice("not tried")) == ["failed"]
    service.says = False
    assert await outcomes(process(), notice("perhaps")) == ["unknown"]
    service.says = True
    keys = ("cut", "perhaps", "not tried", "new")
    assert await outcomes(process(), *map(notice, keys)) == ["unknown", "unknown", "sent", "sent"]
    assert await outcomes(process(), notice("new")) == ["unknown"]
