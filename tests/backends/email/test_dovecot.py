"""Mails in from a mailbox at Dovecot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
import trio

from flowlang.backends.border import Refusal
from flowlang.backends.email import EmailBackend, ImapMailbox, Patience, Server
from tests.backends.email.dovecot import PASSWORD, USER, Dovecot, dovecot
from tests.backends.host import TestHost


def mail(number: int, text: str = "Hello") -> bytes:
    return f"From: ann@home.example\r\nMessage-ID: <{number}@home.example>\r\n\r\n{text}\r\n".encode()


@asynccontextmanager
async def reading(
    server: Dovecot, host: TestHost, security: Literal["tls", "starttls"] = "tls", **given: Any
) -> AsyncIterator[None]:
    port = server.tls if security == "tls" else server.starttls
    where = Server("localhost", port, security, USER, PASSWORD, server.ca_file, timeout=10.0)
    box = ImapMailbox(where, "mailto:desk@clinic.example", patience=Patience(0.05, 0.2), **given)
    async with trio.open_nursery() as nursery:
        await nursery.start(EmailBackend(receivers=[box]).run, host)
        with trio.fail_after(30):
            yield
        nursery.cancel_scope.cancel()


async def offered(host: TestHost, count: int) -> list[str]:
    """The ids of what came, when there are so many."""
    while len(host.offered) < count:  # noqa: ASYNC110 (the host tells nobody)
        await trio.sleep(0.02)
    return [each.data["id"] for each in host.offered]  # type: ignore[index, call-overload, misc]


async def marked(server: Dovecot, folder: str = "INBOX") -> None:
    """Returns when all is seen."""
    while await server.unseen(folder):  # noqa: ASYNC110 (nor does a mailbox)
        await trio.sleep(0.05)


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_what_was_there_and_what_comes_is_read_once_and_marked(security: Any) -> None:
    host = TestHost()
    async with dovecot() as server, server.up():
        await server.put(mail(1), mail(2, "Größe €"))
        async with reading(server, host, security):
            await offered(host, 2)
            for number in range(3, 6):  # one after the other, each told by IDLE
                await server.put(mail(number))
                await offered(host, number)
            await server.put(*map(mail, range(6, 70)))
            assert sorted(await offered(host, 69)) == sorted(f"{each}@home.example" for each in range(1, 70))
            await marked(server)
        async with reading(server, host, security):
            await server.put(mail(70))
            assert (await offered(host, 70))[-1] == "70@home.example"
    assert host.offered[1].data["text"] == "Größe €"  # type: ignore[index, call-overload]


async def test_it_is_found_again_when_the_server_was_away() -> None:
    host = TestHost()
    async with dovecot() as server, reading(server, host):
        for number in range(3):
            async with server.up():
                await server.put(mail(number))
                await offered(host, number + 1)
                await marked(server)
    assert len(host.offered) == 3


async def test_what_cannot_be_taken_now_is_taken_later_and_what_nobody_wants_is_marked() -> None:
    host = TestHost(answer=lambda _: Refusal(503 if len(host.offered) < 4 else 404))
    async with dovecot() as server, server.up():
        await server.put(mail(1), mail(2))
        async with reading(server, host, every=0.05):
            await marked(server)
    assert len(host.offered) >= 5


async def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    host = TestHost()
    folder = 'Für "uns" & \\ 日本'
    sent = '"F&APw-r \\"uns\\" &- \\\\ &ZeVnLA-"'
    async with dovecot() as server, server.up():
        await server.put(mail(1), folder=sent)
        await server.put(mail(2))
        async with reading(server, host, folder=folder):
            await marked(server, sent)
    assert [each.data["id"] for each in host.offered] == ["1@home.example"]  # type: ignore[index, call-overload]


async def test_a_wrong_password_is_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async with dovecot() as server, server.up():
        where = Server("localhost", server.tls, "tls", USER, "wröng", server.ca_file, timeout=10.0)
        box = ImapMailbox(where, "mailto:desk@clinic.example", patience=Patience(0.01, 0.02))
        async with trio.open_nursery() as nursery:
            await nursery.start(EmailBackend(receivers=[box]).run, TestHost())
            with trio.fail_after(30):
                while "AUTHENTICATIONFAILED" not in caplog.text:  # noqa: ASYNC110 (a log tells nobody)
                    await trio.sleep(0.02)
            nursery.cancel_scope.cancel()
    assert "wröng" not in caplog.text
    assert "Traceback" not in caplog.text
