"""A pyVoIP phone registered at our own SIP backend, on the loopback and in real time: it has threads."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import trio

from flowlang.backends.border import Incoming, Leg, Outgoing, Placer
from flowlang.backends.pyvoip import PhoneSettings, PyVoipBackend, open_phone
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.secrets import Secret
from flowlang.sip import Account
from flowlang.voices import ToneVoice
from tests.backend_sip.host import FakeHost, TakenCall


@dataclass
class Side:
    """One end of the line: a backend and the host of its calls."""

    backend: PyVoipBackend | SipBackend
    host: FakeHost = field(default_factory=FakeHost)
    placed: int = 0

    def place(self, to: str) -> TakenCall:
        self.placed += 1
        outgoing = Outgoing(f"leg-{self.placed}", to, None, None)
        call = TakenCall(Incoming("call", to, "", outgoing.id), cast(Leg, None))
        call.leg = cast(Placer, self.backend).place(outgoing, call)
        return call


@dataclass
class Line:
    """`desk` is pyVoIP, `office` where it is registered; `call` has the office call the desk."""

    desk: Side
    office: Side
    folder: Path

    @property
    def contact(self) -> tuple[str, int]:
        """Where the desk listens."""
        assert isinstance(self.office.backend, SipBackend)
        (contact,) = self.office.backend.registered("sip:desk@127.0.0.1")
        return (contact.source.host, contact.source.port)

    async def call(self) -> tuple[TakenCall, TakenCall]:
        calling = self.office.place("sip:desk@127.0.0.1")
        return calling, await self.desk.host.next_call()

    async def call_out(self) -> tuple[TakenCall, TakenCall]:
        calling = self.desk.place("sip:bob@127.0.0.1")
        return calling, await self.office.host.next_call()


@asynccontextmanager
async def at_office(folder: Path, *, open_to_all: bool = True) -> AsyncGenerator[Side]:
    """A SIP backend at which the desk may register; where it is not open, each call wants the password."""
    accounts = [Account("desk", "wonder", number="+16062067563", name="Desk")]
    voice = ToneVoice(folder / "voice")
    settings = SipSettings(
        ("127.0.0.1", 0), accounts=accounts, recordings=folder, prompts=folder, open_to_all=open_to_all
    )
    sip = SipBackend(settings, voice=voice)
    office = Side(sip)
    async with trio.open_nursery() as nursery:
        await nursery.start(sip.run, office.host)
        yield office
        nursery.cancel_scope.cancel()


def settings_of(office: Side, word: str = "wonder") -> PhoneSettings:
    assert isinstance(office.backend, SipBackend)
    assert office.backend.address is not None
    return PhoneSettings("127.0.0.1", "desk", Secret(word), office.backend.address.port)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncGenerator[Line]:
    async with at_office(tmp_path) as office, trio.open_nursery() as nursery:
        voice = ToneVoice(tmp_path / "voice")
        desk = Side(PyVoipBackend(settings_of(office), open_phone(), voice=voice, prompts=tmp_path))
        with trio.fail_after(10):
            await nursery.start(desk.backend.run, desk.host)
        yield Line(desk, office, tmp_path)
        nursery.cancel_scope.cancel()
