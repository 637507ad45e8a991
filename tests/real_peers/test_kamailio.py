"""Kamailio between a phone and us: it records its route, speaks UDP to the phone and TCP to us."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from flowlang.testing.softphone import Softphone, open_softphone
from tests.bridged_calls.office import T1, Office, open_office

from .programs import PATIENCE, free_port, running

CONFIG = Path(__file__).with_name("kamailio.cfg")
MODULES = next(iter(Path("/usr/lib").glob("*/kamailio/modules")), Path("/usr/lib/kamailio/modules"))

SCRIPT = """
route call to "sip:wait@*" => wait_for_him
route call to "sip:short@*" => short
route call to "sip:busy@*" => busy
flow wait_for_him { answer; on hangup { log "he left" }; wait 1h }
flow short { answer; wait 200ms }
flow busy { reject 486 }
"""


@asynccontextmanager
async def proxied(folder: Path) -> AsyncGenerator[tuple[Office, Softphone, int]]:
    """An office, a phone, and the port of the proxy in between."""
    async with open_office(SCRIPT, folder) as office:
        port = free_port()
        config = folder / "kamailio.cfg"
        text = CONFIG.read_text(encoding="utf-8").replace("PROXY_PORT", str(port))
        config.write_text(
            text.replace("OUR_PORT", str(office.address.port)).replace("MODULES", str(MODULES)),
            encoding="utf-8",
        )
        command = ("kamailio", "-f", config, "-DD", "-E", "-m", "32", "-M", "4", "-Y", folder)
        phones = open_softphone(("127.0.0.1", 0), t1=T1)
        async with running(*command) as kamailio, phones as phone:
            await answers(phone, port)
            yield office, phone, port
            assert not [line for line in kamailio.said if "CRITICAL" in line]


async def answers(phone: Softphone, port: int) -> None:
    """Returns when the proxy passes a call on."""
    with trio.fail_after(PATIENCE):
        while True:
            call = await phone.call(f"sip:busy@127.0.0.1:{port}")
            with trio.move_on_after(1):
                await call.wait_ended()
                if call.status == 486:
                    return


async def test_the_caller_hangs_up_through_the_proxy(tmp_path: Path) -> None:
    async with proxied(tmp_path) as (office, phone, port):
        call = await phone.call(f"sip:wait@127.0.0.1:{port}")
        with trio.fail_after(PATIENCE):
            await call.wait_answered()
            await call.hang_up()
            assert await office.logged() == ["he left"]
        proxies = {each.peer for each in office.messages if each.summary.startswith("INVITE")}
        assert proxies
        assert f"127.0.0.1:{port}" not in proxies  # TCP: from a port of its own


async def test_we_hang_up_through_the_proxy(tmp_path: Path) -> None:
    async with proxied(tmp_path) as (office, phone, port):
        call = await phone.call(f"sip:short@127.0.0.1:{port}")
        with trio.fail_after(PATIENCE):
            await call.wait_ended()
        assert office.sip.left.calls <= 1


async def test_a_refusal_comes_back_through_the_proxy(tmp_path: Path) -> None:
    async with proxied(tmp_path) as (_, phone, port):
        call = await phone.call(f"sip:busy@127.0.0.1:{port}")
        with trio.fail_after(PATIENCE):
            await call.wait_ended()
        assert call.status == 486
