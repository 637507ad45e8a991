"""linphonec as a phone of ours by UDP, TCP and TLS: it registers with SHA-256, calls, is called, presses
keys, holds, consults and transfers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from flowlang.backends.sip.settings import ListenerConfig
from flowlang.backends.sip.sockets import Transport
from flowlang.backends.sip.tls import TlsSettings

from .flows import STAY_FLOW
from .linphone import Linphone
from .office import PeerOffice, open_office
from .sound import PROMPT, seconds_of

BY = pytest.mark.parametrize("transport", ["tcp", "tls"])

PROMPT_FLOW = """
route call => greet
flow greet {
    log "from ${caller.address}, verified ${caller.verified}"
    play "prompt.wav"
}
"""


async def test_it_registers_and_calls_with_sha_256(sounds: Path) -> None:
    async with open_office(PROMPT_FLOW, sounds, digest=("SHA-256",)) as office:
        phone = await office.linphone("bob")
        assert len(office.sip.registered("sip:bob@office.example")) == 1
        await phone.do(f"call sip:{office.own('20')}")
        await phone.until("connected")
        await office.until_over(1)
        (record,) = office.records
        assert (record.cause, record.ended_by, record.status) == ("normal", "us", 200)


@asynccontextmanager
async def office_by(
    transport: Transport, script: str, sounds: Path
) -> AsyncGenerator[tuple[PeerOffice, Linphone, str]]:
    """An office by UDP and by that transport, Bob's phone, registered by the latter once our name is proved
    where there is one to prove, and what its calls end with."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(sounds / "authority.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(sounds / "server.pem")
    doors = [ListenerConfig(each, each, "127.0.0.1", 0, open_to_all=False) for each in ("udp", transport)]
    settings = TlsSettings(certificate=sounds / "server.pem")
    async with open_office(script, sounds, listeners=doors, tls=settings) as office:
        here = f"localhost:{office.sip.addresses[-1].port}"
        phone = await office.linphone(
            "bob", at=here, transport=transport, authorities=sounds / "authority.pem"
        )
        assert office.source("bob").transport == transport
        yield office, phone, f"@{here};transport={transport}"


@BY
async def test_it_hears_us_and_gets_our_bye(sounds: Path, transport: Transport) -> None:
    async with office_by(transport, PROMPT_FLOW, sounds) as (office, phone, here):
        await phone.do(f"call sip:20{here}")
        await phone.until("ended (No error)")
        await office.until_logged("from sip:bob@office.example, verified true")
        await office.until_over(1)
        assert seconds_of(PROMPT, phone.heard()) > 0.2


@BY
async def test_it_calls_as_its_account_and_hangs_up(sounds: Path, transport: Transport) -> None:
    async with office_by(transport, STAY_FLOW, sounds) as (office, phone, here):
        await phone.do(f"call sip:20{here}")
        await phone.until("connected")
        await phone.do("terminate")
        await office.until_logged("from sip:bob@office.example, verified true", "hangup normal")
        await office.until_over(1)
        assert [each.ended_by for each in office.records] == ["caller"]
        assert office.source("bob"), "a call's end is not the end of its connection"


MENU_FLOW = """
route call => menu
flow menu {
    let keys = ask(play: "prompt.wav", digits: 3, timeout: 8s)
    log "pressed ${keys}"
}
"""


async def test_it_presses_keys(sounds: Path) -> None:
    async with open_office(MENU_FLOW, sounds) as office:
        phone = await office.linphone("bob")
        await phone.do(f"call sip:{office.own('20')}")
        await phone.until("Media streams established")
        for key in "427":
            await phone.do(key)
        await office.until_logged("pressed 427")
        await office.until_over(1)


TWO_CALLS = """
route call to "20" => to_bob
route call to "30" => to_carol
flow to_bob {
    on hold as e { log "hold by ${e.by}" }
    on unhold as e { log "unhold by ${e.by}" }
    on transferred as e { log "transferred by ${e.by} to ${e.to}" }
    match dial("bob") { answered as a => log "20 over ${a.cause}"; _ => log "no" }
}
flow to_carol {
    on hangup as e { log "30 left ${e.cause}" }
    match dial("carol") { answered => log "30 over"; _ => log "no" }
    wait 1h
}
"""


@BY
async def test_it_is_called_by_the_connection_that_it_made(sounds: Path, transport: Transport) -> None:
    async with office_by(transport, TWO_CALLS, sounds) as (office, bob, _):
        alice = await office.baresip("alice")
        await alice.do("dial", f"sip:{office.own('20')}")
        await bob.until("Receiving new incoming call")
        assert office.called("bob")
        await bob.do("answer")
        await alice.until("CALL_ESTABLISHED")
        await alice.do("hangup")
        await bob.until("ended (No error)")
        await office.until_over(2)
        assert {(each.cause, each.status) for each in office.records} == {("normal", 200)}


async def test_it_holds_and_goes_on(sounds: Path) -> None:
    async with open_office(TWO_CALLS, sounds) as office:
        alice, bob = await office.baresip("alice"), await office.linphone("bob")
        await alice.do("dial", f"sip:{office.own('20')}")
        await bob.until("Receiving new incoming call")
        await bob.do("answer")
        await alice.until("CALL_ESTABLISHED")
        await bob.until("Media streams established")
        await bob.do("pause")
        await bob.until("is now paused")
        await office.until_logged("hold by agent")
        await bob.do("resume")
        await office.until_logged("hold by agent", "unhold by agent")
        await alice.until_heard()
        await bob.do("terminate")
        await alice.until("CALL_CLOSED")
        await office.until_over(2)
        assert seconds_of("bob", alice.heard()) > 0.2


async def test_it_consults_and_transfers_its_caller(sounds: Path) -> None:
    async with open_office(TWO_CALLS, sounds) as office:
        alice, bob = await office.baresip("alice"), await office.linphone("bob")
        carol = await office.baresip("carol")
        await alice.do("dial", f"sip:{office.own('20')}")
        await bob.until("Receiving new incoming call")
        await bob.do("answer")
        await alice.until("CALL_ESTABLISHED")
        await bob.until("Media streams established")
        await bob.do("pause")
        await bob.until("is now paused")
        await office.until_logged("hold by agent")
        await bob.do(f"call sip:{office.own('30')}")
        await carol.until("CALL_INCOMING")
        await carol.do("accept")
        await bob.until("Media streams established", 2)
        await bob.do("transfer 1 --to-call 2")
        await office.until_logs(
            {"hold by agent", "transferred by agent to carol", "30 left transferred", "30 over"}
        )
        await carol.until_heard()
        await carol.do("hangup")
        await alice.until("CALL_CLOSED")
        await office.until_over(4)
        assert seconds_of("alice", carol.heard()) > 0.2
        assert seconds_of("carol", alice.heard()) > 0.2
        assert sorted(each.cause for each in office.records) == [
            "normal",
            "normal",
            "transferred",
            "transferred",
        ]
