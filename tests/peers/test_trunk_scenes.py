"""sipp as the servers of a trunk: where a call goes when one of them is down, and how it says who we are."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

from flowlang.backends.sip.trunks import SipTrunk
from flowlang.sip import Credentials
from flowlang.sip.uri import parse_uri
from flowlang.testing.softphone import CallFailed

from .office import PeerOffice, open_office
from .program import GIVE_UP_S, free_port
from .scene import Get, Pause, Send, Step
from .sipp import Sipp, open_callee

SECONDS_OF_SILENCE = 4.0  # after which another server is tried
NUMBER = "+14155550100"
DIAL = f"""
route call => connect
flow connect {{
    match dial("{NUMBER}", timeout: 20s) {{
        answered as a => log "answered ${{a.cause}}"
        busy, no_answer, rejected, failed as f => log "refused ${{f.status}}"
        cancelled => log "cancelled"
    }}
}}
"""
RINGS: tuple[Step, ...] = (Get("INVITE", has=[f"INVITE sip:\\{NUMBER}@"]), Send(180))
ANSWERS: tuple[Step, ...] = (Send(200, sdp="sendrecv"), Get("ACK"))
HANGS_UP: tuple[Step, ...] = (Send("BYE"), Get(200))
TALKS: tuple[Step, ...] = (*RINGS, *ANSWERS, Pause(50), *HANGS_UP)


def trunk(*ports: int, transport: str = "udp", credentials: Credentials | None = None) -> SipTrunk:
    """A carrier with a server at each of these ports, the preferred first."""
    servers = tuple(parse_uri(f"sip:127.0.0.1:{port};transport={transport}") for port in ports)
    return SipTrunk("carrier", servers, credentials=credentials)


async def by(office: PeerOffice) -> None:
    """A phone of ours calls a flow that dials a number."""
    call = await office.call(await office.phone(), "20")
    with trio.fail_after(GIVE_UP_S), suppress(CallFailed):
        await call.wait_answered()
        await call.wait_ended()


@asynccontextmanager
async def two_servers(sounds: Path, *first: Step) -> AsyncGenerator[tuple[PeerOffice, Sipp, Sipp]]:
    """An office whose trunk has a server that plays these steps, and one that talks."""
    async with AsyncExitStack() as stack:
        preferred = await stack.enter_async_context(open_callee(sounds / "first", *first))
        second = await stack.enter_async_context(open_callee(sounds / "second", *TALKS))
        servers = trunk(preferred.port, second.port)
        yield await stack.enter_async_context(open_office(DIAL, sounds, trunks=[servers])), preferred, second


async def test_a_server_that_says_503_is_passed_by(sounds: Path) -> None:
    async with two_servers(sounds, Get("INVITE"), Send(503), Get("ACK")) as (office, first, second):
        await by(office)
        await first.done()
        await second.done()
        await office.until_logged("answered normal")
        await office.until_over(2)


async def test_a_server_that_is_silent_is_passed_by(sounds: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        async with open_callee(tmp_path / "second", *TALKS) as second:
            servers = trunk(silent.getsockname()[1], second.port)
            async with open_office(DIAL, sounds, trunks=[servers], t1=0.1) as office:
                await by(office)
                await second.done()
                await office.until_logged("answered normal")


async def test_a_server_that_cannot_be_connected_to_is_passed_by_at_once(sounds: Path) -> None:
    async with open_callee(sounds / "second", *TALKS) as second:
        uris = (f"sip:127.0.0.1:{free_port()};transport=tcp", f"sip:127.0.0.1:{second.port}")
        servers = SipTrunk("carrier", tuple(map(parse_uri, uris)))
        async with open_office(DIAL, sounds, trunks=[servers]) as office:
            began = trio.current_time()
            await by(office)
            assert trio.current_time() - began < SECONDS_OF_SILENCE
            await second.done()
            await office.until_logged("answered normal")


@pytest.mark.parametrize(
    ("steps", "status"),
    [((*RINGS, Pause(50), Send(503), Get("ACK")), 503), ((Get("INVITE"), Send(486), Get("ACK")), 486)],
    ids=["503 after ringing", "486"],
)
async def test_once_it_rang_or_the_callee_has_spoken_it_goes_nowhere_else(
    sounds: Path, steps: tuple[Step, ...], status: int
) -> None:
    async with two_servers(sounds, *steps) as (office, first, second):
        await by(office)
        await first.done()
        await office.until_logged(f"refused {status}")
        assert second.program.process.poll() is None, "nobody called it"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize(("status", "asks", "answers"), [
    (401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization"),
])  # fmt: skip
async def test_a_server_that_asks_gets_our_password(
    sounds: Path, tmp_path: Path, status: int, asks: str, answers: str, algorithm: str
) -> None:
    challenge = f'{asks}: Digest realm="carrier", nonce="n1", qop="auth", algorithm={algorithm}'
    knows = Get(
        "INVITE",
        has=[f'{answers}: Digest.*username="desk"', f"algorithm={algorithm}", "qop=auth", "CSeq: 2 INVITE"],
    )
    asked = (Get("INVITE", lacks=[answers]), Send(status, extra=[challenge]), Get("ACK"))
    talks = (knows, Send(180), *ANSWERS, Pause(50), *HANGS_UP)
    async with open_callee(tmp_path / "carrier", *asked, *talks) as carrier:
        servers = trunk(carrier.port, credentials=Credentials("desk", "secret"))
        async with open_office(DIAL, sounds, trunks=[servers]) as office:
            await by(office)
            await carrier.done()
            await office.until_logged("answered normal")
            await office.until_over(2)
