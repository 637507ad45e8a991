"""sipp calls us, line by line of what a call can do: hold, glare, UPDATE, INFO, late offers, hops."""

from __future__ import annotations

from pathlib import Path

import pytest

from .office import PeerOffice, open_office
from .scene import Direction, Get, Pause, Send, Step
from .sipp import open_caller

MENU = """
route call to "menu" => menu
route call to "ring" => ringing
route call to "early" => early
flow menu {
    on hangup as e { log "hangup ${e.cause}" }
    let choice = ask(play: "long.wav", digits: 2, timeout: 5s)
    log "pressed ${choice}"
}
flow ringing { ring; wait 100ms; answer; wait 1h }
flow early { play("prompt.wav", early: true); answer; wait 1h }
"""

CALL: tuple[Step, ...] = (Send("INVITE", sdp="sendrecv"), Get(100, may=True))
ANSWERED: tuple[Step, ...] = (*CALL, Get(200, has=["m=audio [1-9]"]), Send("ACK"))
HANG_UP: tuple[Step, ...] = (Send("BYE"), Get(200))


async def play(office: PeerOffice, to: str, *steps: Step) -> None:
    """Let sipp call and play its scene to the end."""
    async with open_caller(office.folder / "sipp", office.address.port, to, *steps) as caller:
        await caller.done()


async def test_it_rings_before_it_answers(sounds: Path) -> None:
    async with open_office(MENU, sounds, open_to_all=True) as office:
        ringing = Get(180, has=["To:.*tag="], lacks=["m=audio"])
        await play(office, "ring", *CALL, ringing, Get(200, has=["m=audio"]), Send("ACK"), *HANG_UP)
        await office.until_over(1)


async def test_early_media_come_with_a_183(sounds: Path) -> None:
    async with open_office(MENU, sounds, open_to_all=True) as office:
        early = Get(183, has=["m=audio [1-9]"])
        await play(office, "early", *CALL, early, Get(200), Send("ACK"), *HANG_UP)
        await office.until_over(1)


@pytest.mark.parametrize(
    "info",
    [("application/dtmf-relay", "Signal={}\nDuration=160"), ("application/dtmf", "{}")],
    ids=["relay", "plain"],
)
async def test_keys_come_by_info(sounds: Path, info: tuple[str, str]) -> None:
    kind, text = info
    keys = [step for key in "47" for step in (Send("INFO", body=(kind, text.format(key))), Get(200))]
    async with open_office(MENU, sounds, open_to_all=True) as office:
        await play(office, "menu", *ANSWERED, *keys, Get("BYE"), Send(200))
        await office.until_logged("pressed 47")


async def test_no_hops_left_is_a_483(sounds: Path) -> None:
    async with open_office(MENU, sounds, open_to_all=True) as office:
        await play(office, "menu", Send("INVITE", sdp="sendrecv", hops=0), Get(483), Send("ACK"))


async def test_options_tell_what_we_can_do(sounds: Path) -> None:
    async with open_office(MENU, sounds, open_to_all=True) as office:
        can = Get(200, has=["Allow:.*INVITE", "Accept:.*application/sdp"])
        await play(office, "menu", Send("OPTIONS"), can)


async def test_an_unknown_extension_that_is_required_is_a_420(sounds: Path) -> None:
    async with open_office(MENU, sounds, open_to_all=True) as office:
        strange = Send("INVITE", sdp="sendrecv", extra=["Require: teleport"])
        await play(office, "menu", strange, Get(420, has=["Unsupported: *teleport"]), Send("ACK"))


async def test_ringing_is_reliable_where_the_caller_requires_it(sounds: Path) -> None:
    reliable = Get(180, has=["Require: *100rel"], keep=("number", "RSeq:"))
    acknowledged = (Send("PRACK", extra=["RAck:[$number] 1 INVITE"]), Get(200, has=["CSeq: 2 PRACK"]))
    call = (Send("INVITE", sdp="sendrecv", extra=["Require: 100rel"]), Get(100, may=True), reliable)
    async with open_office(MENU, sounds, open_to_all=True) as office:
        await play(office, "ring", *call, *acknowledged, Get(200, has=["m=audio"]), Send("ACK"), *HANG_UP)
        await office.until_over(1)


def timed(seconds: int) -> Send:
    """An INVITE with a session timer that the caller refreshes."""
    wish = f"Session-Expires: {seconds};refresher=uac"
    return Send("INVITE", sdp="sendrecv", extra=["Supported: timer", wish])


async def test_a_session_timer_is_agreed_to(sounds: Path) -> None:
    agreed = Get(200, has=["Session-Expires: *600 *;refresher=uac", "Require: *timer"])
    refresh = Send("UPDATE", extra=["Supported: timer", "Session-Expires: 600;refresher=uac"])
    again = Get(200, has=["Session-Expires: *600"])
    async with open_office(MENU, sounds, open_to_all=True) as office:
        await play(
            office, "menu", timed(600), Get(100, may=True), agreed, Send("ACK"), refresh, again, *HANG_UP
        )
        await office.until_over(1)


async def test_a_session_timer_that_is_too_short_is_a_422(sounds: Path) -> None:
    async with open_office(MENU, sounds, open_to_all=True) as office:
        refused = Get(422, has=["Min-SE: *90"])
        await play(office, "menu", timed(60), Get(100, may=True), refused, Send("ACK"))


async def test_an_update_before_the_first_offer_is_settled_must_come_later(sounds: Path) -> None:
    early = (Send("UPDATE", sdp="sendonly"), Get(500, has=["Retry-After:"]))
    async with open_office(MENU, sounds, open_to_all=True) as office:
        await play(office, "ring", *CALL, Get(180), *early, Get(200), Send("ACK"), *HANG_UP)


async def test_a_re_invite_that_crosses_an_offer_of_ours_is_a_491(sounds: Path) -> None:
    again = (Send("INVITE"), Get(100, may=True), Get(200, has=["m=audio"]))  # the offer is ours
    crossing = (Send("UPDATE", sdp="sendonly"), Get(491))
    async with open_office(MENU, sounds, open_to_all=True) as office:
        # The ACK of the re-INVITE brings the answer, late, by the number of that INVITE.
        await play(office, "menu", *ANSWERED, *again, *crossing, Send("ACK", sdp="sendrecv"), *HANG_UP)


async def test_a_call_that_is_not_there_is_a_481(sounds: Path) -> None:
    gone = (Send("INFO"), Get(481), Send("BYE"), Get(481))
    async with open_office(MENU, sounds, open_to_all=True) as office:
        await play(office, "menu", *ANSWERED, *HANG_UP, *gone)


CONNECT = """
route call => connect
flow connect {
    on hold as e { log "hold by ${e.by}" }
    on unhold as e { log "unhold by ${e.by}" }
    match dial("bob") { answered as a => log "over ${a.cause}"; _ => log "no" }
}
"""
OUR_SIDE: dict[Direction, str] = {
    "sendonly": "a=recvonly", "inactive": "a=inactive", "0.0.0.0": "a=(recvonly|inactive)"
}  # fmt: skip


async def with_bob(office: PeerOffice, *steps: Step) -> None:
    """sipp calls, and a phone of ours, which answers, is connected with it."""
    bob = await office.phone("bob")
    async with open_caller(office.folder / "sipp", office.address.port, "20", *steps) as caller:
        called = await bob.next_call()
        called.answer()
        await caller.done()
        await called.wait_ended()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("direction", list(OUR_SIDE))
async def test_a_phone_holds_and_goes_on(sounds: Path, method: str, direction: Direction) -> None:
    confirmed = (Send("ACK"),) if method == "INVITE" else ()
    hold = (Send(method, sdp=direction), Get(100, may=True), Get(200, has=[OUR_SIDE[direction]]), *confirmed)
    on = (
        Send(method, sdp="sendrecv"),
        Get(100, may=True),
        Get(200, lacks=["a=(recvonly|inactive)"]),
        *confirmed,
    )
    ringing = (*CALL, Get(180, may=True), Get(200), Send("ACK"))
    async with open_office(CONNECT, sounds, open_to_all=True) as office:
        await with_bob(office, *ringing, *hold, Pause(50), *on, Pause(50), *HANG_UP)
        await office.until_over(2)
        assert office.logs[:2] == ["hold by caller", "unhold by caller"]
        (record,) = [each for each in office.records if each.direction == "in"]
        assert record.held > 0
