"""Two offers that cross in a call that is up (RFC 3261 §14.1), against a caller written out."""

from __future__ import annotations

import re

import pytest
import trio
from trio.testing import MockClock

from flowlang.model.commands import Answer, Hold

from .conftest import T1, Bench, raw_caller


def version(message: str) -> int:
    """Of the description that a message has."""
    found = re.search(r"^o=\S+ \d+ (\d+) ", message, re.MULTILINE)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
async def test_a_hold_that_met_the_callers_own_offer_is_made_again_after_it(
    bench: Bench, clock: MockClock, method: str
) -> None:
    async with raw_caller(bench.port) as caller:
        await caller.invite()
        call = await bench.host.next_call()
        await call.do(Answer(0))
        first = await caller.receive("SIP/2.0 200")
        await caller.ack(first)
        await call.do(Hold(0, True))
        held = await caller.receive("INVITE")
        await caller.respond(held, "491 Request Pending")
        await caller.receive("ACK")
        if method == "INVITE":
            await caller.re_invite(first, 2, caller.sdp())
        else:
            await caller.update(first, 2, caller.sdp())
        answer = await caller.receive("SIP/2.0 200")
        if method == "INVITE":
            await caller.ack(first, cseq=2)
        again = await caller.receive("INVITE")
        assert "a=sendonly" in again
        assert version(again) >= version(answer) >= version(held), "an o= never goes back (RFC 3264 §8)"
        await caller.respond(again, "200 OK", caller.sdp(None, "a=recvonly"))
        await caller.receive("ACK")
        await trio.sleep(64 * T1)
        assert not [each for each in caller.heard if each.startswith("BYE")]
        assert not call.endings
