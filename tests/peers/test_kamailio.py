"""Kamailio between phones and us: it is in the route set (Record-Route), and changes the transport."""

from __future__ import annotations

from pathlib import Path

import pytest

from .baresip import Baresip
from .kamailio import Kamailio, Transport, open_kamailio
from .office import PeerOffice, open_office
from .sound import PROMPT, seconds_of

SCRIPT = """
route call to "10" => greet
route call to "20" => connect
route call to "30" => busy
flow greet {
    play "prompt.wav"
}
flow busy { reject 486 }
flow connect {
    on hold as e { log "hold by ${e.by}" }
    on unhold as e { log "unhold by ${e.by}" }
    match dial("bob") { answered as a => log "over ${a.cause}"; _ => log "no" }
}
"""

SIDES = pytest.mark.parametrize(("outside", "inside"), [("udp", "tcp"), ("tcp", "udp")])


async def behind(office: PeerOffice, outside: Transport, inside: Transport) -> Kamailio:
    """The proxy before that office."""
    proxy = open_kamailio(office.folder / "kamailio", office.address.port, outside=outside, inside=inside)
    return await office.stack.enter_async_context(proxy)


def nothing_went_past(office: PeerOffice, *phones: Baresip) -> bool:
    """Whether we spoke with the proxy alone."""
    return not {each.peer for each in office.messages} & {f"127.0.0.1:{each.port}" for each in phones}


@SIDES
async def test_a_caller_behind_it_hears_us_and_gets_our_bye(
    sounds: Path, outside: Transport, inside: Transport
) -> None:
    async with open_office(SCRIPT, sounds) as office:
        proxy = await behind(office, outside, inside)
        alice = await office.baresip("alice", options=proxy.way)
        await alice.do("dial", f"sip:{office.own('10')}")
        await alice.until("CALL_CLOSED")
        await office.until_over(1)
        assert seconds_of(PROMPT, alice.heard()) > 0.8 * PROMPT.seconds
        assert proxy.routed("BYE") == 1
        assert nothing_went_past(office, alice)


@SIDES
async def test_a_refusal_comes_back_through_it(sounds: Path, outside: Transport, inside: Transport) -> None:
    async with open_office(SCRIPT, sounds) as office:
        proxy = await behind(office, outside, inside)
        alice = await office.baresip("alice", options=proxy.way)
        await alice.do("dial", f"sip:{office.own('30')}")
        closed = await alice.until("CALL_CLOSED")
        assert closed["param"].startswith("486 ")
        await office.until_over(1)
        assert [each.status for each in office.records] == [486]
        assert nothing_went_past(office, alice)


@SIDES
async def test_two_behind_it_talk_hold_and_hang_up(
    sounds: Path, outside: Transport, inside: Transport
) -> None:
    async with open_office(SCRIPT, sounds) as office:
        proxy = await behind(office, outside, inside)
        alice = await office.baresip("alice", options=proxy.way)
        bob = await office.baresip("bob", options=proxy.way)
        await alice.do("dial", f"sip:{office.own('20')}")
        await bob.until("CALL_INCOMING")
        await bob.do("accept")
        await alice.until("CALL_ESTABLISHED")
        await bob.do("hold")
        await office.until_logged("hold by agent")
        await bob.do("resume")
        await office.until_logged("hold by agent", "unhold by agent")
        await alice.until_heard()
        await alice.do("hangup")  # his BYE comes in by the route set, and ours goes out by the other's
        await bob.until("CALL_CLOSED")
        await office.until_over(2)
        assert seconds_of("bob", alice.heard()) > 0.2
        assert (proxy.routed("INVITE"), proxy.routed("BYE")) == (2, 2)
        assert nothing_went_past(office, alice, bob)
