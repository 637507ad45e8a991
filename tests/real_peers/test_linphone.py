"""linphone as a phone, over TCP and TLS with its checks on: it registers by SHA-256, calls, is called."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trustme

from flowlang.backends.sip.config import ListenerConfig
from flowlang.backends.sip.sockets import Transport
from flowlang.backends.sip.tls import TlsSettings
from flowlang.sip import Address
from flowlang.testing.softphone import open_softphone
from tests.bridged_calls.office import REALM, T1, Office, open_office

from .programs import PATIENCE, Program, running

CONFIG = """
[sip]
default_proxy=0
guess_hostname=0
root_ca={folder}/authorities.pem
verify_server_certs=1
verify_server_cn=1
[net]
firewall_policy=no_firewall
[sound]
echocancellation=0
remote_ring=
[video]
enabled=0
automatically_initiate=0
[auth_info_0]
username=bob
passwd=bob
realm={realm}
domain={realm}
[proxy_0]
reg_proxy=<sip:{server};transport={transport}>
reg_route=<sip:{server};transport={transport}>
reg_identity=sip:bob@{realm}
reg_expires=600
reg_sendregister=1
publish=0
"""

SCRIPT = """
route call to "sip:wait@*" => wait_for_him
route call to "sip:ask@*" => ask_bob
flow wait_for_him {
    log "${caller.address}"
    answer
    on hangup { log "he left" }
    wait 1h
}
flow ask_bob { match dial("bob", timeout: 10s) { answered => log "talked"; _ => log "not answered" } }
"""


@asynccontextmanager
async def opened(folder: Path, transport: Transport) -> AsyncGenerator[Office]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authorities.pem")
    # Its library for TLS knows names, and no addresses.
    authority.issue_cert("localhost", common_name="localhost").private_key_and_cert_chain_pem.write_to_path(
        folder / "own.pem"
    )
    (folder / ".local" / "share" / "linphone").mkdir(parents=True)
    listeners = [ListenerConfig("lan", each, "127.0.0.1", 0) for each in ("udp", transport)]
    tls = TlsSettings(folder / "own.pem", authorities=folder / "authorities.pem")
    async with open_office(SCRIPT, folder, listeners=listeners, tls=tls) as office:
        yield office


@asynccontextmanager
async def phone(office: Office, folder: Path, *options: str) -> AsyncGenerator[Program]:
    """linphone as bob, registered."""
    there: Address = office.sip.addresses[-1]
    config = CONFIG.format(
        folder=folder, realm=REALM, server=f"localhost:{there.port}", transport=there.transport
    )
    (folder / "rc").write_text(config, encoding="utf-8")
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / ".local" / "share")}
    command = ("linphonec", "-c", folder / "rc", *options)
    running_phone = running(*command, environment=environment)
    async with running_phone as linphone, trio.open_nursery() as nursery:
        nursery.start_soon(keep_awake, linphone)
        with trio.move_on_after(PATIENCE) as late:
            while not office.sip.registered(f"sip:bob@{REALM}"):
                await office.changed.park()
        assert not late.cancelled_caught, "it did not register:\n" + "\n".join(linphone.said[-30:])
        yield linphone
        nursery.cancel_scope.cancel()


async def keep_awake(linphone: Program) -> None:
    """Away from a terminal it works only when a line comes."""
    while True:
        await linphone.tell("status register")
        await trio.sleep(0.2)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_it_registers_calls_and_hangs_up(tmp_path: Path, transport: Transport) -> None:
    async with opened(tmp_path, transport) as office, phone(office, tmp_path) as linphone:
        (contact,) = office.sip.registered(f"sip:bob@{REALM}")
        assert contact.source.transport == transport
        await linphone.tell(f"call sip:wait@{REALM}")
        await linphone.says("connected")
        await linphone.tell("terminate")
        assert await office.logged(2) == [f"sip:bob@{REALM}", "he left"]
        assert office.sip.registered(f"sip:bob@{REALM}")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_it_is_called_by_the_connection_that_it_made(tmp_path: Path, transport: Transport) -> None:
    ours = open_softphone(("127.0.0.1", 0), t1=T1)
    async with opened(tmp_path, transport) as office, phone(office, tmp_path, "-a"), ours as caller:
        with trio.fail_after(PATIENCE):
            call = await caller.call(f"sip:ask@{office.address.hostport}")
            await call.wait_answered()
            await call.hang_up()
            assert await office.logged() == ["talked"]
