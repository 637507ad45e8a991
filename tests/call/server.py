"""The server under test: an engine with the SIP backend on a free port, in the test's own trio loop."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

import flowlang
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.cdr import CallRecord
from flowlang.model.observations import CallRecorded, Logged, Observation

from .prompts import PROMPTS

T1 = 0.05  # seconds; where messages are lost and repeats are counted
SHORT_T1 = 0.02  # elsewhere: what is left of a call goes the sooner
SETTLED = 64  # T1: RFC 3261 section 17, no timer of a transaction runs longer
GRACE_S = 0.5  # for us
SCRIPT = Path(__file__).with_name("calls.flow")


@dataclass(slots=True)
class Server:
    """A running engine and what it told of itself."""

    engine: flowlang.Engine
    sip: SipBackend
    t1: float = T1
    observed: list[Observation] = field(default_factory=list[Observation])

    @property
    def port(self) -> int:
        """Where it listens for SIP on 127.0.0.1."""
        address = self.sip.address
        assert address is not None
        return address.port

    def logs(self) -> list[str]:
        """What the scripts logged."""
        return [each.text for each in self.observed if isinstance(each, Logged)]

    def records(self) -> list[CallRecord]:
        """The calls that are over."""
        return [each.record for each in self.observed if isinstance(each, CallRecorded)]

    def left(self, sockets: int) -> list[str]:
        """What is still there of any call, in words; `sockets` is how many UDP sockets may be open."""
        found = [f"activeflow {each}" for each in self.engine.activeflows]
        if self.engine.timers:
            found.append(f"{self.engine.timers} timers of activeflows")
        if not self.sip.idle:
            found.append(str(self.sip.left))
        if udp_sockets() > sockets:
            found.append(f"{udp_sockets() - sockets} UDP sockets")
        return found

    async def nothing_left(self, sockets: int) -> None:
        """Returns when nothing is left; AssertionError with what there is 64*T1 after the call."""
        with trio.move_on_after(SETTLED * self.t1 + GRACE_S):
            while self.left(sockets):  # noqa: ASYNC110 - no event of ours tells when the kernel is done
                await trio.sleep(self.t1)
        assert not self.left(sockets)


def udp_sockets() -> int:
    """How many UDP sockets this process has open: the kernel's word, not the engine's."""
    own = {os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_open(fd)}
    rows = [line.split() for line in Path("/proc/self/net/udp").read_text().splitlines()[1:]]
    return sum(f"socket:[{row[9]}]" in own for row in rows)


def _is_open(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")


@asynccontextmanager
async def open_server(folder: Path, t1: float = T1) -> AsyncGenerator[Server]:
    """Serve `calls.flow` with its prompts from a folder of the test's own."""
    shutil.copy(SCRIPT, folder)
    for prompt in PROMPTS:
        prompt.write(folder)
    sip = SipBackend(SipSettings(("127.0.0.1", 0), t1=t1, prompts=folder))
    async with flowlang.open_engine(backends=[sip]) as engine:
        engine.load(folder / SCRIPT.name)
        await engine.listen()
        server = Server(engine, sip, t1)
        engine.observe(server.observed.append)
        yield server
