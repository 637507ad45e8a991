"""baresip as a phone: it registers by TCP or UDP, calls, is called by `dial`, and hangs up."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from flowlang.testing.softphone import open_softphone
from tests.bridged_calls.office import REALM, T1, Office, open_office

from .programs import PATIENCE, Program, running

MODULES = next(iter(Path("/usr/lib").glob("**/baresip/modules")), Path("/usr/lib/baresip/modules"))
CONFIG = f"""
sip_listen 127.0.0.1:0
audio_source aubridge,nil
audio_player aubridge,nil
audio_alert aubridge,nil
module_path {MODULES}
module g711.so
module aubridge.so
module_tmp account.so
module_app menu.so
"""

SCRIPT = """
route call to "sip:wait@*" => wait_for_him
route call to "sip:ask@*" => ask_alice
flow wait_for_him {
    log "${caller.address} ${caller.verified}"
    answer
    on hangup { log "he left" }
    wait 1h
}
flow ask_alice {
    match dial("alice", timeout: 10s) { answered => log "talked"; _ => log "not answered" }
}
"""


@asynccontextmanager
async def phone(
    office: Office, folder: Path, transport: str, *commands: str, auto: bool = False
) -> AsyncGenerator[Program]:
    """baresip as alice; `auto`: it answers by itself."""
    server = f"sip:{office.address.hostport};transport={transport}"
    more = ";answermode=auto" if auto else ""
    account = (
        f"<sip:alice@{REALM};transport={transport}>;auth_user=alice;auth_pass=alice;"
        f'outbound="{server}";regint=60;audio_codecs=PCMU{more}\n'
    )
    (folder / "accounts").write_text(account, encoding="utf-8")
    (folder / "config").write_text(CONFIG, encoding="utf-8")
    told = [part for command in commands for part in ("-e", command)]
    async with running("baresip", "-f", folder, *told) as baresip:
        yield baresip


@asynccontextmanager
async def opened(folder: Path, *, open_to_all: bool) -> AsyncGenerator[Office]:
    # baresip 1.0, as in Debian 12, registers nowhere where SHA-256 is offered.
    async with open_office(SCRIPT, folder, digest=["MD5"], open_to_all=open_to_all) as office:
        yield office


async def registered(office: Office) -> None:
    """Returns when alice's phone has registered."""
    with trio.fail_after(PATIENCE):
        while not office.sip.registered(f"sip:alice@{REALM}"):
            await office.changed.park()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_it_registers_calls_as_its_account_and_leaves(tmp_path: Path, transport: str) -> None:
    async with opened(tmp_path, open_to_all=False) as office:
        async with phone(office, tmp_path, transport, f"/dial sip:wait@{REALM}") as baresip:
            await registered(office)
            await baresip.says("Call established")
        logs = await office.logged(2)  # it ends, and says BYE
        assert logs == [f"sip:alice@{REALM} true", "he left"]
        (record,) = await office.recorded(1)
        assert record.cause == "normal"


async def test_it_is_called_by_dial_and_answers(tmp_path: Path) -> None:
    async with (
        opened(tmp_path, open_to_all=True) as office,
        phone(office, tmp_path, "tcp", auto=True) as baresip,
    ):
        await registered(office)
        async with open_softphone(("127.0.0.1", 0), t1=T1) as ours:
            with trio.fail_after(PATIENCE):
                call = await ours.call(f"sip:ask@{office.address.hostport}")
                await call.wait_answered()
                await baresip.says("Call established")
                await call.hang_up()
                assert await office.logged() == ["talked"]
