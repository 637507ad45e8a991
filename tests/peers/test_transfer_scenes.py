"""sipp transfers, is transferred, is held by a script and sent elsewhere: REFER and NOTIFY, glare, 302."""

from __future__ import annotations

from pathlib import Path

import pytest

from .office import open_office
from .scene import Get, Pause, Send, Step
from .sipp import open_caller
from .test_callee_scenes import ANSWERS, EMPTY, HANGS_UP, RINGS, called, callee
from .test_caller_scenes import ANSWERED, CALL, HANG_UP, play

REFERRED: tuple[Step, ...] = (Get(202), Get("NOTIFY", has=["Event: *refer", "SIP/2.0 100"]), Send(200))
SUBSCRIBED = ["Event: *refer", "Subscription-State: *terminated"]


async def test_the_callee_transfers_his_caller(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        third = await callee(office, *RINGS, *ANSWERS, Pause(50), *HANGS_UP, name="third")
        refer = Send("REFER", extra=[f"Refer-To: <sip:third@127.0.0.1:{third.port}>"])
        told = (Get("NOTIFY", has=[*SUBSCRIBED, "SIP/2.0 200"]), Send(200))
        agent = await callee(
            office, *RINGS, *ANSWERS, refer, *REFERRED, *told, Get("BYE"), Send(200), name="agent"
        )
        call = await called(office, agent)
        await agent.done()
        await third.done()
        await call.wait_ended()
        await office.until_logged("answered normal")
        await office.until_over(3)


async def test_a_transfer_to_somebody_busy_is_told_and_the_call_goes_on(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        busy = await callee(office, Get("INVITE"), Send(486), Get("ACK"), name="busy")
        refer = Send("REFER", extra=[f"Refer-To: <sip:busy@127.0.0.1:{busy.port}>"])
        told = (Get("NOTIFY", has=[*SUBSCRIBED, "SIP/2.0 486"]), Send(200))
        agent = await callee(office, *RINGS, *ANSWERS, refer, *REFERRED, *told, *HANGS_UP, name="agent")
        call = await called(office, agent)
        await agent.done()
        await busy.done()
        await call.wait_ended()
        await office.until_logged("answered normal")


async def test_a_transfer_that_the_policy_forbids_is_told(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        refer = Send("REFER", extra=["Refer-To: <sip:+18095550100@127.0.0.1>"])
        told = (Get("NOTIFY", has=[*SUBSCRIBED, "SIP/2.0 (403|603)"]), Send(200))
        agent = await callee(office, *RINGS, *ANSWERS, refer, *REFERRED, *told, *HANGS_UP)
        call = await called(office, agent, allow='"sip:peer@*"')
        await agent.done()
        await call.wait_ended()


async def test_a_refer_without_a_target_is_a_400(sounds: Path) -> None:
    async with open_office(EMPTY, sounds, open_to_all=True) as office:
        agent = await callee(office, *RINGS, *ANSWERS, Send("REFER"), Get(400), *HANGS_UP)
        call = await called(office, agent)
        await agent.done()
        await call.wait_ended()


ELSEWHERE = """
route call to "10" => transfers
route call to "20" => holds
route call to "30" => redirects
route call to "40" => rejects
flow transfers {
    answer
    match transfer("sip:desk@192.0.2.9") {
        transferred => log "transferred"
        failed as f => log "failed ${f.status}"
    }
}
flow holds {
    match dial("bob") { answered => log "over"; _ => log "no" }
}
flow redirects { redirect "sip:desk@192.0.2.9" }
flow rejects { reject 486 }
"""
ASKED = Get("REFER", has=["Refer-To: *<?sip:desk@192.0.2.9"])


def sipfrag(status: str) -> Send:
    """What became of the transfer (RFC 3515 §2.4.4)."""
    over = ["Event: refer", "Subscription-State: terminated;reason=noresource"]
    return Send("NOTIFY", extra=over, body=("message/sipfrag;version=2.0", f"SIP/2.0 {status}"))


@pytest.mark.parametrize(
    ("status", "line"), [("200 OK", "transferred"), ("486 Busy Here", "failed 486")], ids=["200", "486"]
)
async def test_a_script_transfers_its_caller(sounds: Path, status: str, line: str) -> None:
    async with open_office(ELSEWHERE, sounds, open_to_all=True) as office:
        steps = (*ANSWERED, ASKED, Send(202), sipfrag(status), Get(200), Get("BYE"), Send(200))
        await play(office, "10", *steps)
        await office.until_logged(line)
        await office.until_over(1)


async def test_a_redirected_caller_is_told_where(sounds: Path) -> None:
    async with open_office(ELSEWHERE, sounds, open_to_all=True) as office:
        await play(office, "30", *CALL, Get(302, has=["Contact: *<sip:desk@192.0.2.9"]), Send("ACK"))
        await office.until_over(1)


async def test_a_rejected_caller_gets_the_status(sounds: Path) -> None:
    async with open_office(ELSEWHERE, sounds, open_to_all=True) as office:
        await play(office, "40", *CALL, Get(486), Send("ACK"))
        await office.until_over(1)


# Who is called tries again within 2 s (RFC 3261 §14.1), and is to hold then still.
HOLD = """
route call => connect
flow connect {
    let r = dial("bob") { on answered { hold; wait 2500ms; unhold; log "back" } }
    match r { answered => log "over"; _ => log "no" }
}
"""


@pytest.mark.parametrize("glare", [False, True])
async def test_a_script_holds_its_caller_by_re_invite_and_tries_again_after_glare(
    sounds: Path, *, glare: bool
) -> None:
    crossing: tuple[Step, ...] = (Get("INVITE", has=["a=sendonly"]), Send(491), Get("ACK")) if glare else ()
    held = (Get("INVITE", has=["a=sendonly"]), Send(200, sdp="recvonly"), Get("ACK"))
    back = (Get("INVITE", has=["a=sendrecv"]), Send(200, sdp="sendrecv"), Get("ACK"))
    call = (*CALL, Get(180, may=True), Get(200), Send("ACK"), *crossing, *held, *back, Pause(50), *HANG_UP)
    async with open_office(HOLD, sounds, open_to_all=True) as office:
        bob = await office.phone("bob")
        async with open_caller(office.folder / "sipp", office.address.port, "20", *call) as caller:
            talking = await bob.next_call()
            talking.answer()
            await caller.done()
            await talking.wait_ended()
        await office.until_over(2)
