"""A phone of pyVoIP's and the server where it registers: passwords, strangers, rubbish."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from flowlang.backends.border import BackendError
from flowlang.backends.pyvoip import PyVoipBackend, open_phone
from flowlang.model.commands import Answer, HangUp
from flowlang.model.events import CallAnswered, CallEnded

from .conftest import Line, Side, at_office, settings_of

RUBBISH = (
    b"", b"\xff" * 100, b"SIP/2.0 200 OK\r\n\r\n", b"INVITE x SIP/2.0\r\nVia: \r\n\r\n",
    b"BYE sip:x SIP/2.0\r\nCall-ID: 1\r\n\r\n", b"SIP/2.0 999 No\r\nCSeq: 1\r\n\r\n",
)  # fmt: skip


async def test_a_wrong_password_is_told_at_the_start(tmp_path: Path) -> None:
    async with at_office(tmp_path) as office:
        desk = Side(PyVoipBackend(settings_of(office, "guess"), open_phone()))
        with trio.fail_after(15), pytest.raises(BackendError, match="did not register desk"):
            await desk.backend.run(desk.host, task_status=trio.TASK_STATUS_IGNORED)


async def test_a_server_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    async with at_office(tmp_path) as office:
        settings = replace(settings_of(office), answer=0.1)
    desk = Side(PyVoipBackend(settings, open_phone()))
    with trio.fail_after(15), pytest.raises(BackendError, match="did not register desk"):
        await desk.backend.run(desk.host, task_status=trio.TASK_STATUS_IGNORED)


async def test_it_calls_where_each_call_wants_the_password(tmp_path: Path) -> None:
    async with at_office(tmp_path, open_to_all=False) as office, trio.open_nursery() as nursery:
        desk = Side(PyVoipBackend(settings_of(office), open_phone(), prompts=tmp_path))
        with trio.fail_after(15):
            await nursery.start(desk.backend.run, desk.host)
            calling = desk.place("sip:bob@127.0.0.1")
            called = await office.host.next_call()
            assert called.incoming.source == "+16062067563"
            await called.do(Answer(0))
            await calling.wait_for(CallAnswered)
            await calling.do(HangUp(0, 603))
            await called.wait_for(CallEnded)
        nursery.cancel_scope.cancel()


async def test_rubbish_stops_no_phone(line: Line) -> None:
    with trio.fail_after(15):
        calling, called = await line.call()
        contact = line.contact
        with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
            for each in RUBBISH:
                await sock.sendto(each, contact)
        await called.do(Answer(0))
        await calling.wait_for(CallAnswered)
