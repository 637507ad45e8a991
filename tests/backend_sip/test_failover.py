"""From one server of a trunk to the next: after silence and 503, never after a refusal or once it rang."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
import trio

from flowlang.backends.border import Incoming, Leg, Outgoing
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.backends.sip.targets import Round, Target
from flowlang.backends.sip.trunks import SipTrunk
from flowlang.model.events import CallAnswered, CallRefused
from flowlang.sip.uri import parse_uri
from flowlang.testing.softphone import Softphone, open_softphone

from .conftest import T1
from .host import FakeHost, TakenCall


@asynccontextmanager
async def two_servers(folder: Path, first_port: int) -> AsyncGenerator[tuple[TakenCall, Softphone]]:
    """A call to a number by a trunk whose second server is the softphone."""
    async with open_softphone(("127.0.0.1", 0), t1=T1) as second, trio.open_nursery() as nursery:
        second.take_calls()
        ports = (first_port, second.endpoint.address.port)
        trunk = SipTrunk("carrier", tuple(parse_uri(f"sip:127.0.0.1:{port}") for port in ports))
        backend = SipBackend(SipSettings(("127.0.0.1", 0), t1=T1, prompts=folder, trunks=[trunk]))
        await nursery.start(backend.run, FakeHost())
        placed = TakenCall(Incoming("call", "+14155550100", "", "leg-1"), cast(Leg, None))
        placed.leg = backend.place(Outgoing("leg-1", "+14155550100", None, None), placed)
        yield placed, second
        nursery.cancel_scope.cancel()


async def test_silence_of_four_seconds_is_enough(tmp_path: Path, clock: trio.abc.Clock) -> None:
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as silent:
        await silent.bind(("127.0.0.1", 0))
        began = trio.current_time()
        async with two_servers(tmp_path, silent.getsockname()[1]) as (placed, second):
            called = await second.next_call()
            assert trio.current_time() - began == pytest.approx(8 * T1, abs=0.02)
            called.answer()
            await placed.wait_for(CallAnswered)


@pytest.mark.parametrize(("status", "goes_on"), [(503, True), (486, False), (404, False), (603, False)])
async def test_a_server_that_is_down_is_passed_by_and_a_callee_s_word_is_not(
    tmp_path: Path, clock: trio.abc.Clock, status: int, goes_on: bool
) -> None:
    async with open_softphone(("127.0.0.1", 0), t1=T1) as first:
        first.take_calls()
        async with two_servers(tmp_path, first.endpoint.address.port) as (placed, second):
            (await first.next_call()).reject(status)
            if goes_on:
                (await second.next_call()).answer()
                await placed.wait_for(CallAnswered)
            else:
                assert (await placed.wait_for(CallRefused)).status == status


async def test_once_it_rang_it_goes_nowhere_else(tmp_path: Path, clock: trio.abc.Clock) -> None:
    async with open_softphone(("127.0.0.1", 0), t1=T1) as first:
        first.take_calls()
        async with two_servers(tmp_path, first.endpoint.address.port) as (placed, _):
            called = await first.next_call()
            called.ring()
            await trio.sleep(20 * T1)
            called.reject(503)
            assert (await placed.wait_for(CallRefused)).status == 503


class OneRound:
    """Both phones of an account."""

    def __init__(self, *phones: Softphone) -> None:
        self.round = [
            Target(f"sip:a@{each.endpoint.address.hostport}", each.endpoint.address) for each in phones
        ]

    async def find(self, to: str) -> Sequence[Round]:
        """See `Targets`."""
        return [self.round]


@pytest.mark.parametrize(
    ("first", "later", "counts"),
    [(486, 480, 486), (480, 486, 486), (603, 480, 603), (480, 404, 480), (486, 600, 600), (404, 500, 500)],
)
async def test_of_the_phones_of_an_account_the_word_that_counts_is_that_of_a_dial_of_several(
    tmp_path: Path, clock: trio.abc.Clock, first: int, later: int, counts: int
) -> None:
    async with (
        open_softphone(("127.0.0.1", 0), t1=T1) as one,
        open_softphone(("127.0.0.1", 0), t1=T1) as other,
        trio.open_nursery() as nursery,
    ):
        backend = SipBackend(SipSettings(("127.0.0.1", 0), t1=T1, prompts=tmp_path))
        await nursery.start(backend.run, FakeHost())
        backend._targets = OneRound(one, other)
        one.take_calls()
        other.take_calls()
        placed = TakenCall(Incoming("call", "20", "", "leg-1"), cast(Leg, None))
        placed.leg = backend.place(Outgoing("leg-1", "20", None, None), placed)
        refused_first, refused_later = await one.next_call(), await other.next_call()
        refused_first.reject(first)
        await refused_first.wait_ended()
        refused_later.reject(later)
        assert (await placed.wait_for(CallRefused)).status == counts
        nursery.cancel_scope.cancel()
