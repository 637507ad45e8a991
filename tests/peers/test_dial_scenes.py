"""sipp is called by a `dial`: of several, in turn, forked, with a caller id or without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .office import PeerOffice, open_office
from .scene import Get, Pause, Send
from .sipp import Sipp
from .test_callee_scenes import ANSWERS, EMPTY, HANGS_UP, RINGS, called, callee, unanswered

FORK = "[call_number]other"
OURS = "[call_number]peer"


async def refuses(office: PeerOffice, status: int, name: str) -> Sipp:
    """One that is called and refuses so."""
    return await callee(office, Get("INVITE"), Send(status), Get("ACK"), name=name)


async def test_one_after_the_other_is_called_until_one_answers(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        busy = await refuses(office, 486, "busy")
        given_up = (*RINGS, Get("CANCEL"), Send(200), Send(487), Get("ACK"))
        silent = await callee(office, *given_up, name="silent")
        last = await callee(office, *RINGS, *ANSWERS, Pause(50), *HANGS_UP, name="last")
        call = await called(office, busy, silent, last, within="500ms", more='strategy: "serial"')
        for each in (busy, silent, last):
            await each.done()
        await call.wait_ended()
        await office.until_logged("answered normal")
        await office.until_over(4)


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((486, 603), "rejected 603 21"),  # 6xx goes before everything
        ((404, 486), "busy 486 17"),
        ((404, 480), "no_answer 480"),
        ((404, 503), "failed"),  # whichever came first
    ],
    ids=str,
)
async def test_of_several_refusals_one_is_the_outcome(
    sounds: Path, statuses: tuple[int, int], outcome: str
) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        peers = [await refuses(office, status, f"peer{status}") for status in statuses]
        await unanswered(await called(office, *peers))
        for each in peers:
            await each.done()
        (line,) = await office.logged()
        assert line.startswith(outcome)
        await office.until_over(3)


async def test_a_200_of_another_fork_gets_ack_and_bye_and_the_call_goes_on(sounds: Path) -> None:
    late = (Send(200, sdp="sendrecv", tag=FORK), Get("ACK", has=["To:.*other"]))
    dropped = (Get("BYE", has=["To:.*other"]), Send(200))
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        peer = await callee(office, *RINGS, *ANSWERS, *late, *dropped, Pause(50), *HANGS_UP)
        call = await called(office, peer)
        await peer.done()
        await call.wait_ended()
        await office.until_logged("answered normal")
        await office.until_over(2)


async def test_of_forked_early_dialogs_the_one_that_answers_has_the_call(sounds: Path) -> None:
    forked = (Send(183, sdp="sendrecv"), Send(180, tag=FORK), Send(183, sdp="sendrecv", tag=FORK))
    answers = (Send(200, sdp="sendrecv", tag=FORK), Get("ACK", has=["To:.*other"]))
    bye = Send("BYE", tag=FORK)
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        peer = await callee(office, Get("INVITE"), *forked, Pause(50), *answers, Pause(50), bye, Get(200))
        call = await called(office, peer)
        await peer.done()
        await call.wait_ended()
        await office.until_logged("answered normal")
        await office.until_over(2)


async def test_a_200_that_crosses_our_cancel_gets_ack_and_bye(sounds: Path) -> None:
    crossing = (Get("CANCEL"), Send(200), Send(200, sdp="sendrecv", tag=OURS), Get("ACK"))
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        peer = await callee(office, *RINGS, *crossing, Get("BYE"), Send(200))
        await unanswered(await called(office, peer, within="300ms"))
        await peer.done()
        await office.until_logged("no_answer none")
        await office.until_over(2)


async def test_an_anonymous_caller_is_not_shown(sounds: Path) -> None:
    hidden = Get(
        "INVITE",
        has=['From: *"?Anonymous"? *<sip:anonymous@anonymous.invalid>', "Privacy:.*id"],
        lacks=["alice"],
    )
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        peer = await callee(office, hidden, Send(486), Get("ACK"))
        await unanswered(await called(office, peer, more="anonymous: true"))
        await peer.done()
        await office.until_logged("busy 486 17")


async def test_a_caller_id_and_a_name_are_shown(sounds: Path) -> None:
    shown = Get("INVITE", has=['From: *"Front Desk" *<sip:\\+14155550123@'])
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        peer = await callee(office, shown, Send(486), Get("ACK"))
        await unanswered(await called(office, peer, more='from: "+14155550123", name: "Front Desk"'))
        await peer.done()
