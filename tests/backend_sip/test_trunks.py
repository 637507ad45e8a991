"""Trunks at a whole backend: calls from them, calls to them, our registrations there."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
import trio

from flowlang.backends.sip import Endpoint, SipBackend, SipSettings
from flowlang.backends.sip.dns import Naptr, Srv
from flowlang.backends.sip.settings import ListenerConfig
from flowlang.backends.sip.sockets import open_listener
from flowlang.backends.sip.trunking import REFRESH
from flowlang.backends.sip.trunks import Rewrite, SipTrunk
from flowlang.sip import Account, Accounts, Address, Credentials, Event, Limits, Registrar, Settings
from flowlang.sip.uri import parse_uri
from tests.bridged_calls.office import open_office
from tests.sip.wire import SDP, request, tokens

from .conftest import T1
from .host import FakeHost
from .test_accounts import Caller, calling
from .test_dns import Zone

LOOPBACK = (ip_network("127.0.0.0/8"),)
DOOR = ListenerConfig("door", "udp", "127.0.0.1", 0, open_to_all=False)


def carrier(**more: object) -> SipTrunk:
    rules = (Rewrite("00", "+"), Rewrite("0", "+44"))
    return SipTrunk("carrier", networks=LOOPBACK, numbers_in=rules, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def served(
    folder: Path, *trunks: SipTrunk, zone: Zone | None = None, listener: ListenerConfig = DOOR
) -> AsyncGenerator[tuple[FakeHost, SipBackend, Address]]:
    host = FakeHost()
    settings = SipSettings(("127.0.0.1", 0), t1=T1, prompts=folder, trunks=trunks, listeners=(listener,))
    backend = SipBackend(settings, lookup=zone or Zone())
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, host)
        assert backend.address is not None
        yield host, backend, backend.address
        nursery.cancel_scope.cancel()


def invite(caller: Caller, uri: str, extra: str = "", number: int = 1) -> bytes:
    body = SDP.replace("192.0.2.2", "127.0.0.1")
    data = request(branch=f"z9hG4bK{number}", call_id=f"c{number}", body=body, uri=uri, extra=extra)
    return data.replace(b"<sip:caller@192.0.2.2>", b'"Ann" <sip:02079460001@192.0.2.2>').replace(
        b"192.0.2.2:5062", f"127.0.0.1:{caller._port}".encode()
    )


async def test_a_call_from_a_trunk_has_its_name_and_numbers_by_its_rules(
    tmp_path: Path, clock: trio.abc.Clock
) -> None:
    async with served(tmp_path, carrier()) as (host, _, server), calling(server) as caller:
        asserted = "P-Asserted-Identity: <sip:+15550100@x>\r\n"
        assert (await caller.ask(invite(caller, "sip:02079460000@127.0.0.1", asserted))).status == 100
        incoming = (await host.next_call()).incoming
        assert (incoming.to, incoming.source, incoming.name) == ("+442079460000", "+442079460001", "Ann")
        assert incoming.via == "carrier"
        assert not incoming.verified


async def test_a_trusted_trunk_asserts_who_calls(tmp_path: Path, clock: trio.abc.Clock) -> None:
    async with served(tmp_path, carrier(trusted=True)) as (host, _, server), calling(server) as caller:
        asserted = 'P-Asserted-Identity: "Bob" <sip:0044207000000@x>\r\n'
        assert (await caller.ask(invite(caller, "sip:desk@127.0.0.1", asserted))).status == 100
        incoming = (await host.next_call()).incoming
        assert (incoming.to, incoming.source, incoming.name) == ("sip:desk@127.0.0.1", "+44207000000", "Bob")
        assert (incoming.verified, incoming.anonymous) == (True, False)


@pytest.mark.parametrize(
    ("headers", "anonymous"),
    [("Privacy: id\r\n", True), ("Privacy: header; ID;critical\r\n", True), ("Privacy: none\r\n", False)],
)
async def test_who_asks_for_privacy_is_anonymous(
    tmp_path: Path, clock: trio.abc.Clock, headers: str, anonymous: bool
) -> None:
    async with served(tmp_path, carrier(trusted=True)) as (host, _, server), calling(server) as caller:
        asserted = f"P-Asserted-Identity: <sip:0044207000000@x>\r\n{headers}"
        assert (await caller.ask(invite(caller, "sip:desk@127.0.0.1", asserted))).status == 100
        incoming = (await host.next_call()).incoming
        assert (incoming.source, incoming.anonymous) == ("+44207000000", anonymous)


async def test_a_trusted_trunk_tells_who_sent_the_call_on(tmp_path: Path, clock: trio.abc.Clock) -> None:
    twice = (
        "Diversion: <sip:0044207000001@x>;reason=no-answer, <sip:0044207000002@x>;reason=unconditional\r\n"
    )
    async with served(tmp_path, carrier(trusted=True)) as (host, _, server), calling(server) as caller:
        assert (await caller.ask(invite(caller, "sip:desk@127.0.0.1", twice))).status == 100
        assert (await host.next_call()).incoming.diverted_from == "+44207000001"  # the last is the topmost
    async with served(tmp_path, carrier()) as (host, _, server), calling(server) as caller:
        assert (await caller.ask(invite(caller, "sip:desk@127.0.0.1", twice))).status == 100
        assert (await host.next_call()).incoming.diverted_from is None


async def test_history_info_tells_it_where_there_is_no_diversion(
    tmp_path: Path, clock: trio.abc.Clock
) -> None:
    history = (
        "History-Info: <sip:+44207000001@x?Reason=SIP%3Bcause%3D302>;index=1\r\n"
        "History-Info: <sip:desk@y;cause=302>;index=1.1;mp=1\r\n"
    )
    async with served(tmp_path, carrier(trusted=True)) as (host, _, server), calling(server) as caller:
        assert (await caller.ask(invite(caller, "sip:desk@127.0.0.1", history))).status == 100
        assert (await host.next_call()).incoming.diverted_from == "+44207000001"


@pytest.mark.parametrize("broken", ["Diversion: <<<>\r\n", "History-Info: ;;;\r\n", "Diversion:\r\n"])
async def test_what_cannot_be_read_of_a_diversion_is_none(
    tmp_path: Path, clock: trio.abc.Clock, broken: str
) -> None:
    async with served(tmp_path, carrier(trusted=True)) as (host, _, server), calling(server) as caller:
        assert (await caller.ask(invite(caller, "sip:desk@127.0.0.1", broken))).status == 100
        assert (await host.next_call()).incoming.diverted_from is None


async def test_a_trunk_that_is_full_is_told_when_to_come_back(tmp_path: Path, clock: trio.abc.Clock) -> None:
    few = carrier(limits=Limits(max_calls=1))
    async with served(tmp_path, few) as (_, _, server), calling(server) as caller:
        assert (await caller.ask(invite(caller, "sip:1@127.0.0.1"))).status == 100
        refused = await caller.ask(invite(caller, "sip:1@127.0.0.1", number=2))
        assert (refused.status, refused.get("Retry-After")) == (503, "5")


async def test_nobody_comes_in_where_nobody_is_let_in(tmp_path: Path, clock: trio.abc.Clock) -> None:
    async with served(tmp_path) as (host, _, server), calling(server) as caller:
        assert (await caller.ask(invite(caller, "sip:1@127.0.0.1"))).status == 403
        assert host.calls == []


async def test_an_open_listener_is_what_a_route_can_name(tmp_path: Path, clock: trio.abc.Clock) -> None:
    lan = ListenerConfig("lan", "udp", "127.0.0.1", 0)
    async with served(tmp_path, listener=lan) as (host, _, server), calling(server) as caller:
        assert (await caller.ask(invite(caller, "sip:1@127.0.0.1"))).status == 100
        assert (await host.next_call()).incoming.via == "lan"


async def test_we_register_where_the_name_of_a_trunk_leads(tmp_path: Path, clock: trio.abc.Clock) -> None:
    def on_event(event: Event) -> None:
        pass

    with closing(await open_listener("udp", "127.0.0.1", 0)) as listener:
        there = Endpoint((listener,), Settings(t1=T1), tokens(4), on_event)
        registrar = Registrar(Accounts([Account("office", "hush")]), "carrier", b"k" * 32, tokens(5))
        there.agent.registrar = registrar
        trunk = SipTrunk(
            "carrier",
            (parse_uri(f"sip:sip.carrier.example:{there.address.port}"),),
            credentials=Credentials("office", "hush"),
            register=True,
        )
        zone = Zone(hosts={"sip.carrier.example": ["127.0.0.1"]})
        async with trio.open_nursery() as nursery:
            nursery.start_soon(there.run)
            async with (
                served(tmp_path, trunk, zone=zone) as (host, backend, server),
                calling(server) as caller,
            ):
                with trio.fail_after(5):
                    while not len(registrar):
                        await there.changed.park()
                (contact,) = registrar.registered("sip:office@anywhere", there.now())
                assert contact.uri == f"sip:office@{server.hostport}"
                assert [each.account.address for each in backend.registrations] == [
                    "sip:office@sip.carrier.example"
                ]
                # Where it leads is also where its calls come from.
                assert (await caller.ask(invite(caller, "sip:1@127.0.0.1"))).status == 100
                assert (await host.next_call()).incoming.via == "carrier"
                zone.hosts["sip.carrier.example"] = ["127.0.0.3"]
                await trio.sleep(2 * REFRESH)
                assert [each.server.host for each in backend.registrations] == ["127.0.0.3"]
            nursery.cancel_scope.cancel()


async def test_who_stops_at_once_registers_out_by_the_connection_that_there_is(
    tmp_path: Path, clock: trio.abc.Clock
) -> None:
    with closing(await open_listener("tcp", "127.0.0.1", 0)) as listener:
        there = Endpoint((listener,), Settings(t1=T1), tokens(4), lambda _event: None)
        registrar = Registrar(Accounts([Account("office", "hush")]), "carrier", b"k" * 32, tokens(5))
        there.agent.registrar = registrar
        server = f"sip:127.0.0.1:{there.address.port};transport=tcp"
        trunk = SipTrunk(
            "carrier", (parse_uri(server),), credentials=Credentials("office", "hush"), register=True
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(there.run)
            async with served(tmp_path, trunk, listener=replace(DOOR, transport="tcp")):
                with trio.fail_after(5):
                    while not len(registrar):
                        await there.changed.park()
            with trio.fail_after(5):
                while registrar.registered("sip:office@anywhere", there.now()):
                    await there.changed.park()
            nursery.cancel_scope.cancel()


async def test_a_call_goes_to_the_next_server_of_a_name(tmp_path: Path, clock: trio.abc.Clock) -> None:
    trunk = SipTrunk(
        "carrier",
        (parse_uri("sip:a.example"), parse_uri("sip:gone.example"), parse_uri("sip:192.0.2.7:5080")),
        numbers_out=(Rewrite("+44", "0"),),
        domain="carrier.example",
    )
    zone = Zone(hosts={"a.example": ["192.0.2.1", "192.0.2.2"]})
    async with served(tmp_path, trunk, zone=zone) as (_, backend, _):
        rounds = await backend._targets.find("+442079460000")
        assert [[each.destination.hostport for each in one] for one in rounds] == [
            ["192.0.2.1:5060"],
            ["192.0.2.2:5060"],
            ["192.0.2.7:5080"],
        ]
        assert {each.uri for one in rounds for each in one} == {"sip:02079460000@carrier.example"}
        named = await backend._targets.find("sip:bob@a.example")
        assert {each.hosts for one in named for each in one} == {frozenset({"192.0.2.1", "192.0.2.2"})}


async def test_a_call_to_a_name_goes_on_to_its_next_address_where_nobody_listens(
    tmp_path: Path, clock: trio.abc.Clock
) -> None:
    zone = Zone()
    script = """
    route call => on
    flow on { match dial("sip:bob@two.example") { answered => log "talked"; _ as r => log "${r}" } }
    """
    async with open_office(script, tmp_path, lookup=zone) as office:
        bob = await office.phone()
        bob.take_calls()
        zone.naptrs["two.example"] = [
            Naptr(1, 0, "s", "sip+d2t", "_sip._tcp.two.example"),
            Naptr(2, 0, "s", "sip+d2u", "_sip._udp.two.example"),
        ]
        zone.srvs["_sip._tcp.two.example"] = [Srv(0, 0, 9, "here.example")]  # nobody listens on port 9
        zone.srvs["_sip._udp.two.example"] = [Srv(0, 0, bob.endpoint.address.port, "here.example")]
        zone.hosts["here.example"] = ["127.0.0.1"]
        alice = await office.phone()
        call = await office.call(alice, "desk")
        with trio.fail_after(120):
            theirs = await bob.next_call()
            theirs.answer()
            await call.wait_answered()
            await call.hang_up()
            assert await office.logged() == ["talked"]


async def test_only_the_codecs_of_the_settings_are_spoken(tmp_path: Path, clock: trio.abc.Clock) -> None:
    script = "route call => on\nflow on { answer; wait 1h }"
    async with open_office(script, tmp_path, codecs=("PCMA",)) as office, calling(office.address) as caller:
        pcmu = invite(caller, "sip:desk@127.0.0.1").replace(b"RTP/AVP 0 101", b"RTP/AVP 0    ")
        assert (await caller.ask(pcmu)).status == 488
