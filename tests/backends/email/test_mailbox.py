"""Mails in from a mailbox at an IMAP server, over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
import trio.testing
import trustme

from flowlang.backends.border import Incoming, Refusal
from flowlang.backends.email import EmailBackend, ImapMailbox, Patience, Server
from tests.backends.email.imap_peer import ImapServer, imap_server
from tests.backends.email.smtp_peer import server_context
from tests.backends.host import TestHost

AUTHORITY = trustme.CA()


def mail(number: int, text: str = "Hello") -> bytes:
    return f"From: ann@home.example\r\nMessage-ID: <{number}@home.example>\r\n\r\n{text}\r\n".encode()


@asynccontextmanager
async def reading(tmp_path: Path, server: ImapServer, host: TestHost, **given: Any) -> AsyncIterator[None]:
    async with imap_server(server, server_context(AUTHORITY)) as port:
        ca_file = tmp_path / "ca.pem"
        AUTHORITY.cert_pem.write_to_path(ca_file)
        there = Server("localhost", port, "tls", "desk", "right", ca_file, timeout=5.0)
        given = {"every": 0.01, "patience": Patience(0.01, 0.02)} | given
        box = ImapMailbox(there, "mailto:desk@clinic.example", **given)
        async with trio.open_nursery() as nursery:
            await nursery.start(EmailBackend(receivers=[box]).run, host)
            with trio.fail_after(20):
                yield
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize("can_idle", [True, False])
async def test_what_is_unseen_is_read_and_marked_once(tmp_path: Path, can_idle: bool) -> None:
    server, host = ImapServer(can_idle), TestHost()
    server.add(mail(1))
    async with reading(tmp_path, server, host):
        await server.all_seen()
        server.add(mail(2, "Again"))
        await server.all_seen()
    assert [each.data for each in host.offered] == [
        {"text": "Hello", "subject": "", "id": "1@home.example"},
        {"text": "Again", "subject": "", "id": "2@home.example"},
    ]
    assert {each.to for each in host.offered} == {"mailto:desk@clinic.example"}


async def test_a_lost_connection_is_made_again(tmp_path: Path) -> None:
    server, host = ImapServer(drop=2), TestHost()
    server.add(mail(1))
    async with reading(tmp_path, server, host):
        await server.all_seen()
    assert len(host.offered) == 1


@dataclass(frozen=True, slots=True)
class _Told(Patience):
    """Waits no time, and tells for what it was asked."""

    asked: list[tuple[int, float]] = field(default_factory=list)

    def wait(self, attempt: int, chance: float) -> float:
        self.asked.append((attempt, chance))
        return 0.0


async def test_a_good_connection_ends_the_row_of_those_that_failed(tmp_path: Path) -> None:
    server, host, patience = ImapServer(drop=3, hang_up=12), TestHost(), _Told()
    server.add(mail(1))
    async with reading(tmp_path, server, host, patience=patience, chance=Random(1)):
        while server.hang_up:
            await trio.testing.wait_all_tasks_blocked(0.01)
        server.add(mail(2))
        await server.all_seen()
    chance = Random(1)
    wanted = [1, 2, 3, *[1] * 12]
    assert patience.asked == [(each, chance.random()) for each in wanted]


async def test_mail_that_is_told_of_in_one_piece_with_the_idle_is_read_at_once(tmp_path: Path) -> None:
    server, host = ImapServer(told_with=b"* 1 EXISTS\r\n"), TestHost()
    async with reading(tmp_path, server, host):
        while server.told_with:
            await trio.testing.wait_all_tasks_blocked(0.01)
        server.add(mail(1))
        await server.all_seen()
    assert len(host.offered) == 1


async def test_more_than_is_read_in_one_go_is_read_at_once(tmp_path: Path) -> None:
    server, host = ImapServer(), TestHost()
    for number in range(120):
        server.add(mail(number))
    async with reading(tmp_path, server, host):
        await server.all_seen()
    assert len(host.offered) == 120


async def test_what_cannot_be_taken_now_stays_and_what_nobody_wants_does_not(tmp_path: Path) -> None:
    host = TestHost(answer=lambda _: Refusal(503 if len(host.offered) < 3 else 404))
    server = ImapServer(can_idle=False)
    server.add(mail(1))
    async with reading(tmp_path, server, host):
        await server.all_seen()
    assert len(host.offered) == 3


async def test_of_a_mail_that_is_too_large_the_beginning_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server, host = ImapServer(), TestHost()
    server.add(mail(1, "x" * 2_000))
    server.add(mail(2))
    async with reading(tmp_path, server, host, most=1_000):
        await server.all_seen()
    assert ids(host) == ["1@home.example", "2@home.example"]
    assert 900 < len(host.offered[0].data["text"]) < 1_000  # type: ignore[index, call-overload, arg-type]
    assert [each.getMessage() for each in caplog.records] == [
        "mail 1 has 2058 bytes, more than `largest`, which is 1000: its beginning alone is read"
    ]


async def test_what_is_no_mail_is_told_and_marked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server, host = ImapServer(), TestHost()
    server.add(b"Subject: from nobody\r\n\r\nHello\r\n")
    async with reading(tmp_path, server, host):
        await server.all_seen()
    assert host.offered == []
    assert [each.getMessage() for each in caplog.records] == [
        "mail 1 of mailto:desk@clinic.example is gone, or is none with a sender"
    ]


async def test_mails_that_cannot_be_taken_keep_no_newer_ones_from_being_read(tmp_path: Path) -> None:
    server, new = ImapServer(can_idle=False), trio.Event()

    def answer(incoming: Incoming) -> Refusal | None:
        if incoming.data["text"] == "old":  # type: ignore[index, call-overload]
            return Refusal(503)
        new.set()
        return None

    for number in range(120):
        server.add(mail(number, "old"))
    server.add(mail(120, "new"))
    async with reading(tmp_path, server, TestHost(answer=answer), every=60.0):
        await new.wait()
    assert len(server.mails) == 121


def ids(host: TestHost) -> list[object]:
    return [each.data["id"] for each in host.offered]  # type: ignore[index, call-overload]
