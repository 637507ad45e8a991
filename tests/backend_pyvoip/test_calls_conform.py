"""The backends for calls conform: the simulator, SIP and pyVoIP, by one table of rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from trio.testing import MockClock

from flowlang.backends.border import Backend
from flowlang.backends.pyvoip import PyVoipBackend, open_phone
from flowlang.backends.simulated_leg import Answered, Ended, Refused, Ringing
from flowlang.backends.simulator import SimulatorBackend
from flowlang.backends.simulator.phone import CalledPhone, SimulatedPhone
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.commands import Answer, HangUp, Press, Reject, Ring, Say
from flowlang.model.events import CallAnswered, CallEnded, CallRefused, CallRinging
from flowlang.testing import CallSubject, NonconformingError, check_call_backend
from flowlang.testing.call_conformance import FarEnd
from flowlang.testing.softphone import PhoneCall, open_softphone
from flowlang.testing.softphone.called import CalledCall
from flowlang.voices import ToneVoice
from tests.backend_sip.host import TakenCall

from .conftest import at_office, settings_of

LONG, SHORT = Say(0, "a long text " * 20, None, None), Say(0, "a", None, None)
ALL = {
    "answers", "rings", "rejects", "rejects nothing answered", "refuses by hanging up", "plays to the end",
    "is cut", "hears digits", "hangs up", "is left", "is given up", "is gone", "is released", "places",
    "places in vain", "gives up", "refuses what no flow takes",
}  # fmt: skip


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0.001)


@dataclass
class Simulated:
    phone: SimulatedPhone

    @property
    def rang(self) -> bool:
        return isinstance(self.phone.state, Ringing)

    @property
    def answered(self) -> bool:
        return isinstance(self.phone.state, Answered)

    @property
    def over(self) -> bool:
        return isinstance(self.phone.state, Refused | Ended)

    @property
    def status(self) -> int | None:
        return self.phone.state.status if isinstance(self.phone.state, Refused) else None

    async def press(self, digits: str) -> None:
        self.phone.press(digits)

    async def hang_up(self) -> None:
        self.phone.hang_up()

    async def answer(self) -> None:
        cast(CalledPhone, self.phone).answer()

    async def reject(self, status: int) -> None:
        cast(CalledPhone, self.phone).reject(status)


@dataclass
class Soft:
    """A softphone's call."""

    call: PhoneCall

    @property
    def rang(self) -> bool:
        return self.call.rang

    @property
    def answered(self) -> bool:
        return self.call.answered

    @property
    def over(self) -> bool:
        return self.call.ended

    @property
    def status(self) -> int | None:
        return self.call.status

    async def press(self, digits: str) -> None:
        self.call.press(digits)

    async def hang_up(self) -> None:
        await self.call.hang_up()

    async def answer(self) -> None:
        cast(CalledCall, self.call).answer()

    async def reject(self, status: int) -> None:
        cast(CalledCall, self.call).reject(status)


@dataclass
class Office:
    """A call of the office's, where pyVoIP is registered."""

    call: TakenCall
    up: bool = False

    @property
    def rang(self) -> bool:
        return bool(self.call.of(CallRinging))

    @property
    def answered(self) -> bool:
        return self.up or bool(self.call.of(CallAnswered))

    @property
    def over(self) -> bool:
        return bool(self.call.of(CallEnded) or self.call.of(CallRefused))

    @property
    def status(self) -> int | None:
        refused = self.call.of(CallRefused)
        return refused[0].status if refused else None

    async def press(self, digits: str) -> None:
        await self.call.do(Press(0, digits))

    async def hang_up(self) -> None:
        await self.call.do(HangUp(0, 603))

    async def answer(self) -> None:
        await self.call.do(Answer(0))
        self.up = True

    async def reject(self, status: int) -> None:
        await self.call.do(Reject(0, status, None))


async def test_the_simulator_conforms(clock: MockClock) -> None:
    async def call(backend: Backend) -> FarEnd:
        assert isinstance(backend, SimulatorBackend)
        return Simulated(backend.call(source="+14155550100", to="+16062067563"))

    async def called(backend: Backend) -> FarEnd:
        assert isinstance(backend, SimulatorBackend)
        return Simulated(await backend.wait_called("+14155550111"))

    subject = CallSubject(SimulatorBackend, call, LONG, SHORT, "+14155550111", called)
    assert set(await check_call_backend(subject)) == ALL


async def test_sip_conforms(clock: MockClock, tmp_path: Path) -> None:
    async with open_softphone(("127.0.0.1", 0), t1=0.05) as phone:

        async def call(backend: Backend) -> FarEnd:
            assert isinstance(backend, SipBackend)
            assert backend.address is not None
            return Soft(await phone.call(f"sip:+16062067563@127.0.0.1:{backend.address.port}"))

        async def called(_: Backend) -> FarEnd:
            return Soft(await phone.next_call())

        def make() -> Backend:
            settings = SipSettings(("127.0.0.1", 0), t1=0.05, prompts=tmp_path)
            return SipBackend(settings, voice=ToneVoice(tmp_path))

        to = f"sip:bob@127.0.0.1:{phone.endpoint.address.port}"
        phone.take_calls()
        assert set(await check_call_backend(CallSubject(make, call, LONG, SHORT, to, called))) == ALL


async def test_pyvoip_conforms(tmp_path: Path) -> None:
    async with at_office(tmp_path) as office:

        def make() -> Backend:
            office.host.calls.clear()
            return PyVoipBackend(settings_of(office), open_phone(), voice=ToneVoice(tmp_path))

        async def call(_: Backend) -> FarEnd:
            return Office(office.place("sip:desk@127.0.0.1"))

        async def called(_: Backend) -> FarEnd:
            return Office(await office.host.next_call())

        to = "sip:bob@127.0.0.1"
        assert set(await check_call_backend(CallSubject(make, call, LONG, SHORT, to, called))) == ALL


class Mute(SimulatorBackend):
    """Has forgotten how to ring."""

    commands = SimulatorBackend.commands - {Ring.name}


async def test_what_a_backend_cannot_do_is_not_held_against_it(clock: MockClock) -> None:
    async def call(backend: Backend) -> FarEnd:
        assert isinstance(backend, SimulatorBackend)
        return Simulated(backend.call(source="+14155550100", to="+16062067563"))

    held = await check_call_backend(CallSubject(Mute, call, LONG, SHORT))
    assert ALL - set(held) == {"rings", "places", "places in vain", "gives up"}


async def test_a_breach_is_told_by_its_rule(clock: MockClock) -> None:
    async def call(backend: Backend) -> FarEnd:
        assert isinstance(backend, SimulatorBackend)
        return Deaf(backend.call(source="+14155550100", to="+16062067563"))

    class Deaf(Simulated):
        async def press(self, digits: str) -> None:
            self.phone.press(digits[:1] * len(digits))

    with pytest.raises(NonconformingError, match="hears digits: broken: each once and in order: 111"):
        await check_call_backend(CallSubject(SimulatorBackend, call, LONG, SHORT))
