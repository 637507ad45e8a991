"""An office on the loopback and on virtual time: an engine with the SIP backend, and phones of ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

import flowlang
from flowlang.backends.media import Prompt
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.backends.sip.dns import Lookup
from flowlang.model.cdr import CallRecord
from flowlang.model.observations import CallRecorded, Logged, Observation, SipMessageSeen
from flowlang.model.policy import EVERYTHING
from flowlang.sip import Account, Address, Credentials, OwnAccount
from flowlang.testing.softphone import PhoneCall, Softphone, open_softphone
from flowlang.voices import ToneVoice

T1 = 0.05
REALM = "office.example"
LOW = Prompt.from_pcm16("low", b"\x00\x10" * 8 * 250 + b"\x00\xf0" * 8 * 250)
USERS = ("alice", "bob", "carol")


@dataclass
class Office:
    """`logs` is what scripts logged, `messages` the SIP messages in and out."""

    engine: flowlang.Engine
    sip: SipBackend
    folder: Path
    stack: AsyncExitStack
    logs: list[str] = field(default_factory=list[str])
    records: list[CallRecord] = field(default_factory=list[CallRecord])
    messages: list[SipMessageSeen] = field(default_factory=list[SipMessageSeen])
    changed: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    @property
    def address(self) -> Address:
        assert self.sip.address is not None
        return self.sip.address

    def see(self, observation: Observation) -> None:
        match observation:
            case Logged(text=text):
                self.logs.append(text)
            case CallRecorded(record=record):
                self.records.append(record)
            case SipMessageSeen():
                self.messages.append(observation)
            case _:
                pass
        self.changed.unpark_all()

    async def phone(self, user: str | None = None) -> Softphone:
        """A phone, registered as that user."""
        phone = await self.stack.enter_async_context(open_softphone(("127.0.0.1", 0), t1=T1))
        if user is not None:
            await phone.register(OwnAccount(f"sip:{user}@{REALM}", (self.address,), Credentials(user, user)))
            phone.take_calls()
        return phone

    async def call(self, phone: Softphone, to: str, source: str = "alice") -> PhoneCall:
        return await phone.call(f"sip:{to}@{self.address.hostport}", caller=f"sip:{source}@{REALM}")

    async def logged(self, count: int = 1) -> list[str]:
        """What was logged, once there are so many lines."""
        with trio.fail_after(120):
            while len(self.logs) < count:
                await self.changed.park()
        return self.logs

    async def recorded(self, count: int) -> list[CallRecord]:
        with trio.fail_after(120):
            while len(self.records) < count:
                await self.changed.park()
        return self.records

    @asynccontextmanager
    async def nursery(self) -> AsyncGenerator[trio.Nursery]:
        """What runs beside; a minute at most."""
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                yield nursery

    async def nothing_left(self) -> None:
        """64*T1 after the last call nothing of it is left."""
        with trio.fail_after(64 * T1 + 1):
            await self.sip.wait_idle()
        assert not self.engine.activeflows


@asynccontextmanager
async def open_office(
    script: str, folder: Path, *, allow: str = '"*"', lookup: Lookup | None = None, **more: Any
) -> AsyncGenerator[Office]:
    """Serves the script, which may dial what is allowed; `more` are settings of the backend."""
    given: dict[str, Any] = {"accounts": [Account(each, each) for each in USERS]} | more
    settings = SipSettings(
        ("127.0.0.1", 0), t1=T1, prompts=folder, recordings=folder / "recordings", realm=REALM, **given
    )
    sip = SipBackend(settings, voice=ToneVoice(folder / "voice"), lookup=lookup)
    async with flowlang.open_engine(backends=[sip], policy=EVERYTHING) as engine:
        engine.load_text(f"policy {{ allow dial {allow} }}\n{script}")
        await engine.listen()
        async with AsyncExitStack() as stack:
            office = Office(engine, sip, folder, stack)
            engine.observe(office.see)
            yield office
