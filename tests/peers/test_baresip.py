"""baresip as a phone of ours by UDP and TCP: it registers, calls, is called, holds, transfers, hangs up."""

from __future__ import annotations

from pathlib import Path

import pytest

from .baresip import Baresip
from .flows import STAY_FLOW
from .office import PeerOffice, open_office
from .sound import PROMPT, seconds_of

BY = pytest.mark.parametrize("transport", ["udp", "tcp"])

PROMPT_FLOW = """
route call => greet
flow greet {
    log "from ${caller.address}, verified ${caller.verified}"
    play "prompt.wav"
    play "prompt.wav"
}
"""


async def test_it_registers_by_digest_and_hears_our_prompts(sounds: Path) -> None:
    async with open_office(PROMPT_FLOW, sounds) as office:
        phone = await office.baresip("bob")
        assert office.source("bob").port == phone.port
        await phone.do("dial", f"sip:{office.own('20')}")
        await phone.until("CALL_ESTABLISHED")
        await phone.until("CALL_CLOSED")
        await office.until_logged("from sip:bob@office.example, verified true")
        await office.until_over(1)
        assert office.saw("401 ", "out") == 2, "one for REGISTER and one for INVITE"
        assert seconds_of(PROMPT, phone.heard()) > 0.8 * 2 * PROMPT.seconds
        (record,) = office.records
        assert (record.cause, record.ended_by, record.status) == ("normal", "us", 200)


@BY
async def test_it_registers_calls_as_its_account_and_hangs_up(sounds: Path, transport: str) -> None:
    async with open_office(STAY_FLOW, sounds) as office:
        phone = await office.baresip("bob", transport=transport)
        assert office.source("bob").transport == transport
        await phone.do("dial", f"sip:{office.own('20')}")
        await phone.until("CALL_ESTABLISHED")
        await phone.do("hangup")
        await office.until_logged("from sip:bob@office.example, verified true", "hangup normal")
        await office.until_over(1)
        (record,) = office.records
        assert (record.cause, record.ended_by, record.status) == ("normal", "caller", 200)


async def test_it_leaves_when_it_goes(sounds: Path) -> None:
    async with open_office(PROMPT_FLOW, sounds) as office:
        phone = await office.baresip("bob")
        await phone.do("uadel", f"sip:{office.own('bob')}")
        await phone.program.until(lambda: not office.sip.registered("sip:bob@office.example"), "its leave")


CONNECT = """
route call => connect
flow connect {
    on hold as e { log "hold by ${e.by}" }
    on unhold as e { log "unhold by ${e.by}" }
    on transferred as e { log "transferred by ${e.by}" }
    match dial("bob") {
        answered as a => log "over ${a.cause}"
        busy as f     => log "busy ${f.status}"
        _             => log "no"
    }
}
"""


async def connected(office: PeerOffice, transport: str = "udp") -> tuple[Baresip, Baresip]:
    """Alice calls, Bob answers."""
    alice = await office.baresip("alice", transport=transport)
    bob = await office.baresip("bob", transport=transport)
    await alice.do("dial", f"sip:{office.own('20')}")
    await bob.until("CALL_INCOMING")
    await alice.until("CALL_RINGING")
    await bob.do("accept")
    await alice.until("CALL_ESTABLISHED")
    await bob.until("CALL_ESTABLISHED")
    return alice, bob


@BY
async def test_two_talk_by_a_dial_and_the_called_hangs_up(sounds: Path, transport: str) -> None:
    async with open_office(CONNECT, sounds) as office:
        alice, bob = await connected(office, transport)
        assert office.called("bob"), "by TCP that is the connection that his phone made"
        assert (office.source("bob").port == bob.port) is (transport == "udp")
        await alice.until_heard()
        await bob.until_heard()
        await bob.do("hangup")
        await alice.until("CALL_CLOSED")
        await office.until_logged("over normal")
        await office.until_over(2)
        assert seconds_of("bob", alice.heard()) > 0.3
        assert seconds_of("alice", bob.heard()) > 0.3
        assert {each.ended_by for each in office.records if each.direction == "out"} == {"callee"}


async def test_the_caller_hangs_up_before_anybody_answers(sounds: Path) -> None:
    async with open_office(CONNECT, sounds) as office:
        alice, bob = await office.baresip("alice"), await office.baresip("bob")
        await alice.do("dial", f"sip:{office.own('20')}")
        await bob.until("CALL_INCOMING")
        await alice.do("hangup")
        await bob.until("CALL_CLOSED")
        await office.until_over(2)
        assert {each.cause for each in office.records} == {"cancelled"}


async def test_the_called_refuses(sounds: Path) -> None:
    async with open_office(CONNECT, sounds) as office:
        alice, bob = await office.baresip("alice"), await office.baresip("bob")
        await alice.do("dial", f"sip:{office.own('20')}")
        await bob.until("CALL_INCOMING")
        await bob.do("hangup")
        await alice.until("CALL_CLOSED")
        await office.until_logged("busy 486")
        await office.until_over(2)


async def test_each_side_holds_the_other(sounds: Path) -> None:
    async with open_office(CONNECT, sounds) as office:
        alice, bob = await connected(office)
        await bob.do("hold")
        await office.until_logged("hold by agent")
        await bob.do("resume")
        await office.until_logged("hold by agent", "unhold by agent")
        await alice.do("hold")
        await office.until_logged("hold by agent", "unhold by agent", "hold by caller")
        await alice.do("resume")
        await office.until_logged("hold by agent", "unhold by agent", "hold by caller", "unhold by caller")
        await alice.do("hangup")
        await bob.until("CALL_CLOSED")
        await office.until_over(2)
        assert all(each.held > 0 for each in office.records)


async def test_the_called_transfers_his_caller_to_a_third(sounds: Path) -> None:
    async with open_office(CONNECT, sounds) as office:
        alice, bob = await connected(office)
        carol = await office.baresip("carol")
        await bob.do("transfer", f"sip:{office.own('carol')}")
        await carol.until("CALL_INCOMING")
        await carol.do("accept")
        await bob.until("CALL_CLOSED")
        await office.until_logged("transferred by agent")
        await carol.until_heard()
        await carol.do("hangup")
        await alice.until("CALL_CLOSED")
        await office.until_over(3)
        assert seconds_of("alice", carol.heard()) > 0.1
        assert seconds_of("carol", alice.heard()) > 0.1


PRESS = """
route call => press_keys
flow press_keys {
    answer
    press "427#"
    wait 1h
}
"""


async def test_it_hears_the_keys_that_a_script_presses(sounds: Path) -> None:
    async with open_office(PRESS, sounds) as office:
        phone = await office.baresip("alice")
        await phone.do("dial", f"sip:{office.own('20')}")
        await phone.until("CALL_DTMF_START", 4)
        assert [each["param"] for each in phone.of("CALL_DTMF_START")] == list("427#")
        await phone.do("hangup")
        await office.until_over(1)
