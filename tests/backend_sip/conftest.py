"""A backend on the loopback, a scripted host and a softphone, all on virtual time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.border import Incoming, Leg, Outgoing
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.commands import Answer
from flowlang.testing.softphone import PhoneCall, Softphone, open_softphone
from flowlang.voices import ToneVoice

from .host import FakeHost, TakenCall
from .raw import RawCaller

T1 = 0.05


@dataclass
class Bench:
    """`call` places a call and gives both sides of it."""

    host: FakeHost
    backend: SipBackend
    phone: Softphone
    folder: Path
    placed: list[TakenCall] = field(default_factory=list[TakenCall])

    @property
    def target(self) -> str:
        return f"sip:+16062067563@127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        assert self.backend.address is not None
        return self.backend.address.port

    async def call(self) -> tuple[PhoneCall, TakenCall]:
        placed = await self.phone.call(self.target, caller='"Alice" <sip:+14155550100@127.0.0.1>')
        return placed, await self.host.next_call()

    async def answered(self) -> tuple[PhoneCall, TakenCall]:
        """A call that is up."""
        placed, taken = await self.call()
        await taken.do(Answer(0))
        await placed.wait_answered()
        return placed, taken

    def place(self, to: str | None = None, **more: Any) -> TakenCall:
        """A leg that a flow places, to the phone where nothing else is said."""
        host, port = self.phone.endpoint.address[:2]
        address = to or f"sip:bob@{host}:{port}"
        outgoing = Outgoing(f"leg-{len(self.placed)}", address, **({"source": None, "name": None} | more))
        placed = TakenCall(Incoming("call", address, "", outgoing.id), cast(Leg, None))
        self.placed.append(placed)
        placed.leg = self.backend.place(outgoing, placed)
        return placed

    async def nothing_left(self) -> None:
        """64*T1 after the last call nothing of it is left."""
        with trio.fail_after(64 * T1 + 0.1):
            await self.backend.wait_idle()
        assert self.backend.idle


@pytest.fixture
def clock() -> MockClock:
    """Jumps when nothing more comes from the loopback, where a datagram is on its way for some 50 µs."""
    return MockClock(autojump_threshold=0.001)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    async with AsyncExitStack() as stack:
        host = FakeHost()
        settings = SipSettings(("127.0.0.1", 0), t1=T1, prompts=tmp_path)
        backend = SipBackend(settings, voice=ToneVoice(tmp_path / "voice"))
        nursery = await stack.enter_async_context(trio.open_nursery())
        await nursery.start(backend.run, host)
        phone = await stack.enter_async_context(open_softphone(("127.0.0.1", 0), t1=T1))
        yield Bench(host, backend, phone, tmp_path)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def raw_caller(port: int) -> AsyncGenerator[RawCaller]:
    """A bare caller of the server at this port."""
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
        await sock.bind(("127.0.0.1", 0))
        yield RawCaller(sock, ("127.0.0.1", port))


@asynccontextmanager
async def rtp_socket() -> AsyncGenerator[trio.socket.SocketType]:
    """Where a bare caller would have his sound."""
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
        await sock.bind(("127.0.0.1", 0))
        yield sock
