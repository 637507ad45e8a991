"""sipp is called by a `dial`, line by line of how a callee may answer."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from flowlang.testing.softphone import CallFailed, PhoneCall

from .office import PeerOffice, open_office
from .scene import Get, Pause, Send, Step
from .sipp import Sipp, open_callee

EMPTY = "flow nothing { stop }"
DIAL = """
route call => connect
flow connect {
    on hold as e { log "hold by ${e.by}" }
    on unhold as e { log "unhold by ${e.by}" }
    match dial(TARGETS, timeout: TIMEOUT, MORE) {
        answered as a => log "answered ${a.cause}"
        busy as f     => log "busy ${f.status} ${f.q850}"
        no_answer as f => log "no_answer ${f.status}"
        rejected as f => log "rejected ${f.status} ${f.q850}"
        failed as f   => log "failed ${f.status}"
        cancelled     => log "cancelled"
    }
}
"""

RINGS: tuple[Step, ...] = (Get("INVITE"), Send(180))
ANSWERS: tuple[Step, ...] = (Send(200, sdp="sendrecv"), Get("ACK"))
HANGS_UP: tuple[Step, ...] = (Send("BYE"), Get(200))


async def callee(office: PeerOffice, *steps: Step, name: str = "callee") -> Sipp:
    """A callee that plays its scene."""
    return await office.stack.enter_async_context(open_callee(office.folder / name, *steps))


async def called(
    office: PeerOffice, *callees: Sipp | int, within: str = "20s", allow: str = '"*"', more: str = ""
) -> PhoneCall:
    """A phone of ours calls a flow that dials them, or a port."""
    ports = [each if isinstance(each, int) else each.port for each in callees]
    targets = ", ".join(f'"sip:peer@127.0.0.1:{each}"' for each in ports)
    script = DIAL.replace("TARGETS", f"[{targets}]").replace("TIMEOUT", within).replace("MORE", more)
    office.engine.load_text(f"policy {{ allow dial {allow} }}\n{script}")
    return await office.call(await office.phone(), "20")


async def unanswered(call: PhoneCall) -> None:
    """The caller was never answered."""
    with pytest.raises(CallFailed):
        await call.wait_answered()


REFUSALS = {
    486: "busy 486 17",
    600: "busy 600 17",
    603: "rejected 603 21",
    607: "rejected 607 21",
    608: "rejected 608 21",
    480: "no_answer 480",
    408: "no_answer 408",
    404: "failed 404",
    503: "failed 503",
}


@pytest.mark.parametrize("status", list(REFUSALS))
async def test_each_refusal_is_an_outcome(sounds: Path, status: int) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        peer = await callee(office, *RINGS, Send(status), Get("ACK"))
        await unanswered(await called(office, peer))
        await peer.done()
        await office.until_logged(REFUSALS[status])
        await office.until_over(2)


async def test_nobody_there_is_a_failure(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True, t1=0.02) as office:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            await unanswered(await called(office, silent.getsockname()[1]))
        await office.until_logged("failed none")


async def test_the_caller_hears_that_it_rings_then_early_media_then_the_callee(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        early = Send(183, sdp="sendrecv")
        peer = await callee(office, *RINGS, Pause(50), early, Pause(50), *ANSWERS, Pause(50), *HANGS_UP)
        call = await called(office, peer)
        await call.wait_answered()
        assert call.rang
        await peer.done()
        await call.wait_ended()
        assert (call.by, call.cause) == ("remote", "normal")
        await office.until_logged("answered normal")
        assert office.saw("180 ", "out")
        assert office.saw("183 ", "out")
        await office.until_over(2)


async def test_who_does_not_answer_in_time_gets_a_cancel(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        peer = await callee(office, *RINGS, Get("CANCEL"), Send(200), Send(487), Get("ACK"))
        await unanswered(await called(office, peer, within="300ms"))
        await peer.done()
        await office.until_logged("no_answer none")
        await office.until_over(2)


async def test_of_many_called_the_first_to_answer_wins_and_the_others_are_told_so(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        elsewhere = Get("CANCEL", has=["Reason: *SIP *; *cause=200"])
        loser = await callee(office, *RINGS, elsewhere, Send(200), Send(487), Get("ACK"), name="loser")
        winner = await callee(office, *RINGS, Pause(100), *ANSWERS, Pause(50), *HANGS_UP, name="winner")
        call = await called(office, loser, winner)
        await loser.done()
        await winner.done()
        await call.wait_ended()
        await office.until_logged("answered normal")
        await office.until_over(3)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
async def test_the_callee_holds_and_goes_on(sounds: Path, method: str) -> None:
    confirmed = (Send("ACK"),) if method == "INVITE" else ()
    hold = (Send(method, sdp="sendonly"), Get(100, may=True), Get(200, has=["a=recvonly"]), *confirmed)
    on = (Send(method, sdp="sendrecv"), Get(100, may=True), Get(200, lacks=["a=recvonly"]), *confirmed)
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        steps = (*RINGS, *ANSWERS, *hold, Pause(50), *on, Pause(50), *HANGS_UP)
        call = await called(office, peer := await callee(office, *steps))
        await peer.done()
        await call.wait_ended()
        await office.until_logged("hold by agent", "unhold by agent", "answered normal")
        await office.until_over(2)


async def test_a_session_is_offered_where_a_re_invite_has_none(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        again = (Send("INVITE"), Get(100, may=True), Get(200, has=["m=audio"]), Send("ACK", sdp="sendrecv"))
        peer = await callee(office, *RINGS, *ANSWERS, *again, Pause(50), *HANGS_UP)
        call = await called(office, peer)
        await peer.done()
        await call.wait_ended()
        await office.until_logged("answered normal")


async def test_hops_go_on_from_leg_to_leg(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        less = Get("INVITE", has=["Max-Forwards: 69"])
        peer = await callee(office, less, Send(180), *ANSWERS, Pause(50), *HANGS_UP)
        await called(office, peer)
        await peer.done()


async def test_reliable_ringing_gets_its_prack(sounds: Path) -> None:
    reliable = Send(180, extra=["Require: 100rel", "RSeq: 7"])
    acknowledged = (Get("PRACK", has=["RAck: *7 1 INVITE"]), Send(200))
    later = (Send(200, sdp="sendrecv", late=True), Get("ACK"))
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        supports = Get("INVITE", has=["Supported:.*100rel"])
        peer = await callee(office, supports, reliable, *acknowledged, *later, Pause(50), *HANGS_UP)
        call = await called(office, peer)
        await peer.done()
        await call.wait_ended()
        await office.until_logged("answered normal")


async def test_a_session_timer_is_offered(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        offered = Get("INVITE", has=["Supported:.*timer", "Session-Expires: *1800"])
        agreed = Send(200, sdp="sendrecv", extra=["Require: timer", "Session-Expires: 1800;refresher=uas"])
        refresh = (Send("UPDATE", extra=["Session-Expires: 1800;refresher=uac"]), Get(200))
        peer = await callee(office, offered, Send(180), agreed, Get("ACK"), *refresh, Pause(50), *HANGS_UP)
        call = await called(office, peer)
        await peer.done()
        await call.wait_ended()
        await office.until_logged("answered normal")


async def test_a_redirection_is_followed(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        there = await callee(office, *RINGS, *ANSWERS, Pause(50), *HANGS_UP, name="there")
        # Its own Contact would send the call back to it.
        moved = Send(302, contact=f"<sip:elsewhere@127.0.0.1:{there.port}>")
        here = await callee(office, Get("INVITE"), moved, Get("ACK"), name="here")
        call = await called(office, here)
        await here.done()
        await there.done()
        await call.wait_ended()
        await office.until_logged("answered normal")


async def test_a_redirection_goes_no_further_than_the_policy(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        moved = Send(302, contact="<sip:+18095550100@127.0.0.1>")  # the script may call addresses alone
        here = await callee(office, Get("INVITE"), moved, Get("ACK"))
        await unanswered(await called(office, here, allow='"sip:peer@*"'))
        await here.done()
        warning, outcome = await office.logged(2)
        assert warning.startswith("a redirection is refused")
        assert outcome == "failed 302"


REMIND = """
route call          => remind
route outbound call => reminder
flow remind {
    match call("sip:peer@127.0.0.1:PORT") {
        answered as a => log "answered ${a.to}"
        _             => log "no"
    }
}
flow reminder { wait 1h }
"""


async def test_a_call_without_a_caller_follows_a_redirection_too(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        there = await callee(office, *RINGS, *ANSWERS, Pause(50), *HANGS_UP, name="there")
        target = f"sip:elsewhere@127.0.0.1:{there.port}"
        moved = Send(302, contact=f"<{target}>")
        here = await callee(office, Get("INVITE"), moved, Get("ACK"), name="here")
        script = REMIND.replace("PORT", str(here.port))
        office.engine.load_text(f'policy {{ allow dial "*" }}\n{script}')
        await office.call(await office.phone(), "20")
        await here.done()
        await there.done()
        await office.until_logged(f"answered {target}")
