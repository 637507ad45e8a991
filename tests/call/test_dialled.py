"""sipp is called: a script dials it, by its address or by a trunk, for a caller of ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.backends.sip.trunks import SipTrunk
from flowlang.model.policy import EVERYTHING
from flowlang.sip import Credentials
from flowlang.sip.uri import parse_uri
from flowlang.testing.softphone import CallFailed, Softphone, open_softphone

from .callee import Callee, open_callee
from .server import T1, Server

SCRIPT = """
policy { allow dial "*" }
route call => connect
flow connect {
    match dial("TO", timeout: SECONDS) {
        answered as a => log "answered ${a.cause}"
        no_answer => log "no_answer"
        _ => log "not answered"
    }
}
"""


@asynccontextmanager
async def office(
    callee: Callee, *, to: str | None = None, seconds: str = "20s", trunk: bool = False
) -> AsyncGenerator[tuple[Server, Softphone]]:
    """A script that dials the callee, and a phone to call it with."""
    carrier = SipTrunk(
        "carrier",
        (parse_uri(f"sip:127.0.0.1:{callee.port}"),),
        domain="carrier.example",
        credentials=Credentials("office", "secret"),
    )
    sip = SipBackend(SipSettings(("127.0.0.1", 0), t1=T1, trunks=[carrier] if trunk else []))
    async with flowlang.open_engine(backends=[sip], policy=EVERYTHING) as engine:
        target = to or f"sip:callee@127.0.0.1:{callee.port}"
        engine.load_text(SCRIPT.replace("TO", target).replace("SECONDS", seconds))
        await engine.listen()
        server = Server(engine, sip)
        engine.observe(server.observed.append)
        async with open_softphone(("127.0.0.1", 0), t1=T1) as phone:
            yield server, phone


async def logged(server: Server) -> str:
    with trio.fail_after(20):
        while not server.logs():  # noqa: ASYNC110 - the log is a list
            await trio.sleep(0.01)
    return server.logs()[0]


async def test_of_two_that_answer_one_gets_a_bye(tmp_path: Path) -> None:
    async with open_callee("forks", tmp_path) as callee, office(callee) as (server, phone):
        call = await phone.call(f"sip:desk@127.0.0.1:{server.port}")
        await call.wait_answered()
        await trio.sleep(0.3)
        assert not call.ended
        await call.hang_up()
        await callee.done()
        assert await logged(server) == "answered normal"


async def test_an_answer_that_crosses_our_cancel_gets_a_bye(tmp_path: Path) -> None:
    async with open_callee("crosses", tmp_path) as callee, office(callee, seconds="500ms") as (server, phone):
        call = await phone.call(f"sip:desk@127.0.0.1:{server.port}")
        with pytest.raises(CallFailed):
            await call.wait_answered()
        await callee.done()
        assert await logged(server) == "no_answer"


async def test_a_number_goes_to_the_trunk_which_asks_for_the_password(tmp_path: Path) -> None:
    async with (
        open_callee("asks_password", tmp_path) as callee,
        office(callee, to="+14155550100", trunk=True) as (server, phone),
    ):
        call = await phone.call(f"sip:desk@127.0.0.1:{server.port}")
        await call.wait_answered()
        await callee.done()
        await call.wait_ended()
        assert "INVITE sip:+14155550100@carrier.example" in callee.messages
        assert await logged(server) == "answered normal"
