"""Exactly one record for each leg, whatever the network sends and however the process ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
from trio.testing import MockClock

import flowlang
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.cdr import CallRecord
from flowlang.model.observations import CallRecorded, Observation

from .conftest import T1, raw_caller
from .raw import RawCaller

SCRIPT = """
route call to "desk"   => desk
route call to "ring"   => ringing
route call to "refuse" => refused
flow desk    { answer; wait 1h }
flow ringing { ring; wait 1h }
flow refused { reject 486 }
"""
VIDEO = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 4000 RTP/AVP 96\r\n"


@dataclass
class Office:
    """An engine with a SIP backend; `records` is what it wrote, also after its end."""

    engine: flowlang.Engine
    backend: SipBackend
    caller: RawCaller
    records: list[CallRecord] = field(default_factory=list[CallRecord])
    changed: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    def take(self, observation: Observation) -> None:
        if isinstance(observation, CallRecorded):
            self.records.append(observation.record)
        self.changed.unpark_all()

    async def until_recorded(self, count: int = 1) -> None:
        while len(self.records) < count:
            await self.changed.park()


@asynccontextmanager
async def open_office() -> AsyncGenerator[Office]:
    backend = SipBackend(SipSettings(("127.0.0.1", 0), t1=T1))
    async with flowlang.open_engine([backend]) as engine:
        engine.load_text(SCRIPT)
        await engine.listen()
        assert backend.address is not None
        async with raw_caller(backend.address.port) as caller:
            office = Office(engine, backend, caller)
            engine.observe(office.take)
            yield office


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0.001)


async def test_two_legs_of_one_call_id_have_a_record_each(clock: MockClock) -> None:
    async with open_office() as office:
        for tag in ("one", "two"):
            await office.caller.invite(uri="sip:desk@127.0.0.1", tag=tag, branch=tag)
            await office.caller.ack(await office.caller.receive("SIP/2.0 200"), tag=tag, branch=f"ack-{tag}")
        assert len(office.engine.records) == 2
        await office.engine.shutdown()
    assert [each.call_id for each in office.records] == ["raw-1", "raw-1"]
    assert len({each.leg for each in office.records}) == 2
    assert len({each.activeflow for each in office.records}) == 2
    assert {(each.ended_by, each.cause, each.status) for each in office.records} == {("us", "normal", 200)}


@pytest.mark.parametrize(
    ("to", "body", "more", "status", "cause", "flow"),
    [
        ("refuse", None, (), 486, "busy", "refused"),
        ("nobody", None, (), 404, "not_found", None),
        ("desk", VIDEO, (), 488, "not_acceptable", None),
        ("desk", "v=1", (), 400, "failed", None),
        ("desk", None, ("Require: precondition",), 420, "failed", None),
    ],
)
async def test_a_refused_call_has_one_record_however_often_it_comes(
    clock: MockClock,
    to: str,
    body: str | None,
    more: tuple[str, ...],
    status: int,
    cause: str,
    flow: str | None,
) -> None:
    async with open_office() as office:
        for branch in ("first", "first", "by-another-path"):
            await office.caller.invite(uri=f"sip:{to}@127.0.0.1", body=body, more=more, branch=branch)
            await office.caller.receive("SIP/2.0 4")
        await office.until_recorded()
        await office.engine.shutdown()
    (record,) = office.records
    assert (record.status, record.cause, record.ended_by, record.flow) == (status, cause, "us", flow)
    assert (record.to, record.call_id) == (f"sip:{to}@127.0.0.1", "raw-1")


async def test_a_cancelled_call_has_one_record(clock: MockClock) -> None:
    async with open_office() as office:
        await office.caller.invite(uri="sip:ring@127.0.0.1")
        await office.caller.receive("SIP/2.0 180")
        await office.caller.cancel()
        await office.until_recorded()
    (record,) = office.records
    assert (record.ended_by, record.cause, record.status) == ("caller", "cancelled", 487)
    assert record.rang is not None


async def test_calls_that_are_there_when_the_engine_is_left_have_their_records(clock: MockClock) -> None:
    async with open_office() as office:
        await office.caller.invite(uri="sip:desk@127.0.0.1", tag="up", branch="up")
        await office.caller.ack(await office.caller.receive("SIP/2.0 200"), tag="up", branch="ack")
        await office.caller.invite(uri="sip:ring@127.0.0.1", tag="early", branch="early")
        await office.caller.receive("SIP/2.0 180")
        assert not office.records
    ends = {(each.flow, each.ended_by, each.cause, each.status) for each in office.records}
    assert ends == {("desk", "network", "lost", 200), ("ringing", "us", "failed", 503)}
    assert len(office.records) == 2
