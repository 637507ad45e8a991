"""Calls over IPv6, both ways, with their sound."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import trio
from trio.testing import MockClock

from flowlang.backends.border import Incoming, Leg, Outgoing
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.commands import Answer
from flowlang.model.events import CallAnswered, CallEnded
from flowlang.testing.softphone import open_softphone
from flowlang.voices import ToneVoice

from .conftest import T1
from .host import FakeHost, TakenCall, say


async def test_a_call_over_ipv6_is_heard_both_ways(tmp_path: Path, clock: MockClock) -> None:
    host = FakeHost()
    backend = SipBackend(SipSettings(("::1", 0), t1=T1, prompts=tmp_path), voice=ToneVoice(tmp_path))
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, host)
        assert backend.address is not None
        async with open_softphone(("::1", 0), t1=T1) as phone:
            calling = await phone.call(f"sip:desk@{backend.address.hostport}")
            taken = await host.next_call()
            assert taken.incoming.to == "sip:desk@[::1]"
            await taken.do(Answer(0))
            await calling.wait_answered()
            taken.begin(say("Hello."))
            await calling.wait_prompt()
            await calling.hang_up()

            phone.take_calls()
            at = phone.endpoint.address.hostport
            outgoing = Outgoing("leg-1", f"sip:bob@{at}", None, None)
            placed = TakenCall(Incoming("call", outgoing.to, "", outgoing.id), cast(Leg, None))
            placed.leg = backend.place(outgoing, placed)
            called = await phone.next_call()
            assert called.incoming.request.via.host == "::1"
            called.answer()
            await placed.wait_for(CallAnswered)
            placed.begin(say("Hello."))
            await called.wait_prompt()
            await called.hang_up()
            await placed.wait_for(CallEnded)
            with trio.fail_after(64 * T1 + 1):
                await backend.wait_idle()
        nursery.cancel_scope.cancel()
