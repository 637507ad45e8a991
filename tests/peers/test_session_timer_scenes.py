"""sipp in calls with a session timer of 90 s, RFC 4028: we refresh, and a peer that does not is given up.

The engine's clock goes faster than sipp's, and its T1 is as much longer: so 90 s pass in less than two.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from .office import PeerOffice, open_office
from .program import GIVE_UP_S
from .scene import Get, Send, Step
from .sipp import open_caller
from .test_caller_scenes import HANG_UP, timed

RATE = 60
STAYS = 'route call => stays\nflow stays { on hangup as e { log "hangup ${e.cause}" }; answer; wait 1h }'
WE_REFRESH = ("Supported: timer", "Session-Expires: 90;refresher=uas")
REFRESHES = ["Session-Expires: *90 *;refresher=uac", "Supported:.*timer"]
AGREES = ("Require: timer", "Session-Expires: 90;refresher=uac")


@pytest.fixture
def clock() -> MockClock:
    return MockClock(rate=1)


@asynccontextmanager
async def timed_office(sounds: Path) -> AsyncGenerator[PeerOffice]:
    async with open_office(STAYS, sounds, open_to_all=True, t1=0.5 * RATE) as office:
        yield office


async def play(office: PeerOffice, clock: MockClock, *steps: Step) -> None:
    """Let sipp call and play its scene to the end, our clock hurrying on."""
    async with open_caller(office.folder / "sipp", office.address.port, "20", *steps) as caller:
        clock.rate = RATE
        with trio.move_on_after(RATE * GIVE_UP_S):
            await caller.program.process.wait()
        clock.rate = 1
        await caller.done()


def answered(*lines: str) -> tuple[Step, ...]:
    """A call that we are to refresh, from a peer who says so much of himself."""
    invite = Send("INVITE", sdp="sendrecv", extra=[*WE_REFRESH, *lines])
    return (invite, Get(100, may=True), Get(200, has=["Session-Expires: *90 *;refresher=uas"]), Send("ACK"))


async def test_we_refresh_by_update_again_and_again(sounds: Path, clock: MockClock) -> None:
    refresh = (Get("UPDATE", has=REFRESHES, lacks=["m=audio"]), Send(200, extra=AGREES))
    async with timed_office(sounds) as office:
        knows = answered("Allow: INVITE, ACK, BYE, CANCEL, UPDATE")
        await play(office, clock, *knows, *refresh, *refresh, *HANG_UP)
        await office.until_over(1)
        assert [each.cause for each in office.records] == ["normal"]


async def test_we_refresh_by_re_invite_where_the_peer_has_no_update(sounds: Path, clock: MockClock) -> None:
    again = (Get("INVITE", has=[*REFRESHES, "m=audio"]), Send(200, sdp="sendrecv", extra=AGREES), Get("ACK"))
    async with timed_office(sounds) as office:
        await play(office, clock, *answered("Allow: INVITE, ACK, BYE, CANCEL"), *again, *HANG_UP)
        await office.until_over(1)


async def test_a_peer_who_knows_nothing_of_the_call_any_more_is_given_up(
    sounds: Path, clock: MockClock
) -> None:
    gone = (Get("UPDATE", has=REFRESHES), Send(481), Get("BYE"), Send(200))
    async with timed_office(sounds) as office:
        await play(office, clock, *answered("Allow: INVITE, ACK, BYE, CANCEL, UPDATE"), *gone)
        await office.until_logged("hangup lost")
        await office.until_over(1)


async def test_a_call_that_its_caller_does_not_refresh_is_hung_up(sounds: Path, clock: MockClock) -> None:
    async with timed_office(sounds) as office:
        agreed = Get(200, has=["Session-Expires: *90 *;refresher=uac"])
        began = trio.current_time()
        await play(office, clock, timed(90), Get(100, may=True), agreed, Send("ACK"), Get("BYE"), Send(200))
        assert trio.current_time() - began >= 60  # 90 s less a third (§10)
        await office.until_logged("hangup lost")
        await office.until_over(1)
