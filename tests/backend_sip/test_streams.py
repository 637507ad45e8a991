"""TCP and TLS: connections are used again, checked by name, limited, and none holds up another."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import pytest
import trio
import trustme
from trio.testing import wait_all_tasks_blocked

from flowlang.backends.sip import Endpoint
from flowlang.backends.sip.connection import IDLE_TIME, MESSAGE_TIME
from flowlang.backends.sip.dns import Srv
from flowlang.backends.sip.endpoint import LAST_WORDS
from flowlang.backends.sip.sockets import Listener, open_listener
from flowlang.backends.sip.tls import Tls, TlsSettings, names_of
from flowlang.sip import (
    Address,
    CallAnswered,
    CallEnded,
    CallOffered,
    Event,
    Invitation,
    MediaSession,
    Settings,
)
from flowlang.sip.uri import parse_uri
from tests.sip.wire import SDP, request, tokens

from .conftest import T1
from .test_dns import Zone, resolver

NAME = "sip.carrier.example"
AUTHORITY = trustme.CA()


class Side:
    """One end: an endpoint, and what it was told. It answers whoever calls."""

    def __init__(self, listener: Listener, seed: int, tls: Tls | None, known: frozenset[str]) -> None:
        self.events: list[Event] = []
        self.changed = trio.Event()
        self.endpoint = Endpoint(
            (listener,), Settings(t1=T1), tokens(seed), self.on_event, tls=tls, known=known
        )

    @property
    def address(self) -> Address:
        return self.endpoint.address

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()
        self.changed = trio.Event()
        if isinstance(event, CallOffered) and event.call.offer is not None:
            answer = MediaSession("127.0.0.1", 5004, 1).answer(event.call.offer)
            assert answer is not None
            event.call.answer(answer, self.endpoint.now())

    async def wait_for(self, kind: type) -> Event:
        while not any(isinstance(each, kind) for each in self.events):
            await self.changed.wait()
        return next(each for each in self.events if isinstance(each, kind))

    def call(self, destination: Address, more: str = "") -> None:
        local = self.endpoint.local_for(destination.host, destination.transport)
        assert local is not None
        offer = MediaSession("127.0.0.1", 5006, 2).offer()
        headers = (("Subject", more),) if more else ()
        invitation = Invitation(f"sip:desk@{destination.host}", "sip:me@localhost", offer, headers=headers)
        self.endpoint.agent.invite(invitation, destination, local, self.endpoint.now())
        self.endpoint.carry_out()

    async def hang_up(self, other: Side) -> None:
        answered = await self.wait_for(CallAnswered)
        assert isinstance(answered, CallAnswered)
        answered.call.hang_up(self.endpoint.now())
        self.endpoint.carry_out()
        await other.wait_for(CallEnded)


def tls(tmp_path: Path, *names: str) -> Tls:
    """Contexts of a side whose certificate is for these names, if any."""
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authorities.pem")
    if not names:
        return Tls(TlsSettings(authorities=tmp_path / "authorities.pem"))
    issued = AUTHORITY.issue_cert(*names)
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    return Tls(TlsSettings(tmp_path / "own.pem", authorities=tmp_path / "authorities.pem"))


@asynccontextmanager
async def side(
    transport: str = "tcp", seed: int = 1, secured: Tls | None = None, known: frozenset[str] = frozenset()
) -> AsyncGenerator[Side]:
    assert transport in ("udp", "tcp", "tls")
    with closing(await open_listener(transport, "127.0.0.1", 0)) as listener:
        made = Side(listener, seed, secured, known)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(made.endpoint.run)
            yield made
            nursery.cancel_scope.cancel()


async def test_a_call_takes_one_connection_both_ways(clock: trio.abc.Clock) -> None:
    async with side() as here, side(seed=2) as there:
        here.call(there.address)
        await here.hang_up(there)
        assert (here.endpoint.connections, there.endpoint.connections) == (1, 1)


async def test_who_was_called_hangs_up_by_the_same_connection(clock: trio.abc.Clock) -> None:
    async with side() as here, side(seed=2) as there:
        here.call(there.address)
        await here.wait_for(CallAnswered)
        offered = await there.wait_for(CallOffered)
        assert isinstance(offered, CallOffered)
        offered.call.hang_up(there.endpoint.now())
        there.endpoint.carry_out()
        await here.wait_for(CallEnded)
        assert (here.endpoint.connections, there.endpoint.connections) == (1, 1)


async def test_where_nobody_listens_a_call_ends_at_once(clock: trio.abc.Clock) -> None:
    async with side() as here:
        began = trio.current_time()
        here.call(Address("127.0.0.1", 9, "tcp"))
        ended = await here.wait_for(CallEnded)
        assert isinstance(ended, CallEnded)
        assert ended.cause == "timeout"
        assert trio.current_time() - began < 64 * T1


async def test_a_request_too_large_for_a_datagram_goes_by_tcp(clock: trio.abc.Clock) -> None:
    async with side("udp") as here, side(seed=2) as there:
        with closing(await open_listener("tcp", "127.0.0.1", 0)) as spare:
            here.endpoint.listeners = (*here.endpoint.listeners, spare)
            here.endpoint.agent.transactions.stream_way = here.endpoint._by_stream
            here.call(there.address._replace(transport="udp"), more="x" * 1_300)
            offered = await there.wait_for(CallOffered)
            assert isinstance(offered, CallOffered)
            assert offered.call.request.via.transport == "TCP"


async def test_a_large_request_is_a_datagram_where_there_is_no_tcp(clock: trio.abc.Clock) -> None:
    async with side("udp") as here, side("udp", seed=2) as there:
        with closing(await open_listener("tcp", "127.0.0.1", 0)) as spare:
            here.endpoint.listeners = (*here.endpoint.listeners, spare)
            here.endpoint.agent.transactions.stream_way = here.endpoint._by_stream
            here.call(there.address, more="x" * 1_300)
            offered = await there.wait_for(CallOffered)
            assert isinstance(offered, CallOffered)
            assert offered.call.request.via.transport == "UDP"
            await here.hang_up(there)


@pytest.mark.parametrize("proved", [NAME, "someone.example", "*.carrier.example"])
async def test_a_server_must_prove_the_name_it_was_looked_up_by(
    tmp_path: Path, clock: trio.abc.Clock, proved: str
) -> None:
    async with side(secured=tls(tmp_path)) as here, side("tls", 2, tls(tmp_path, proved)) as there:
        here.call(there.address._replace(name=NAME))
        if proved == NAME:
            await here.hang_up(there)
        else:
            ended = await here.wait_for(CallEnded)
            assert isinstance(ended, CallEnded)
            assert ended.cause == "timeout"
            assert not there.events


async def test_who_connects_is_known_by_the_name_that_he_proves(
    tmp_path: Path, clock: trio.abc.Clock
) -> None:
    trunk, server = tls(tmp_path, NAME), tls(tmp_path, "127.0.0.1")
    async with side(secured=trunk) as here, side("tls", 2, server, frozenset({NAME})) as there:
        here.call(there.address)
        offered = await there.wait_for(CallOffered)
        assert isinstance(offered, CallOffered)
        assert offered.call.peer.name == NAME


async def test_who_proves_nothing_has_no_name(tmp_path: Path, clock: trio.abc.Clock) -> None:
    server = tls(tmp_path, "127.0.0.1")
    async with side(secured=tls(tmp_path)) as here, side("tls", 2, server, frozenset({NAME})) as there:
        here.call(there.address)
        offered = await there.wait_for(CallOffered)
        assert isinstance(offered, CallOffered)
        assert offered.call.peer.name == ""


def test_a_wildcard_and_a_user_prove_no_sip_name() -> None:
    names = (("DNS", "*.a.example"), ("DNS", "B.example"))
    assert names_of({"subjectAltName": names}) == {"b.example"}
    assert names_of({"subjectAltName": (*names, ("URI", "sip:c.example"), ("URI", "sip:u@d.example"))}) == {
        "c.example"
    }
    assert names_of(None) == frozenset()


async def test_a_keep_alive_is_answered(clock: trio.abc.Clock) -> None:
    async with side() as here, await trio.open_tcp_stream(here.address.host, here.address.port) as stream:
        await stream.send_all(b"\r\n\r\n")
        assert await stream.receive_some() == b"\r\n"


@pytest.mark.parametrize("begun", [b"", b"OPTIONS sip:x SIP/2.0\r\n"])
async def test_a_slow_sender_is_closed_and_holds_up_nobody(clock: trio.abc.Clock, begun: bytes) -> None:
    async with side() as here, await trio.open_tcp_stream(here.address.host, here.address.port) as slow:
        began = trio.current_time()
        if begun:
            await slow.send_all(begun)
        async with await trio.open_tcp_stream(here.address.host, here.address.port) as quick:
            await quick.send_all(request("OPTIONS", via="SIP/2.0/TCP 127.0.0.1"))
            assert (await quick.receive_some()).startswith(b"SIP/2.0 200 OK")
            assert trio.current_time() - began < 1
        assert await slow.receive_some() == b""
        assert MESSAGE_TIME <= trio.current_time() - began < MESSAGE_TIME + 1


async def test_a_drop_now_and_then_does_not_stretch_the_time_of_a_message(clock: trio.abc.Clock) -> None:
    async with side() as here, await trio.open_tcp_stream(here.address.host, here.address.port) as slow:
        began = trio.current_time()
        closed = trio.Event()

        async def drip() -> None:
            for octet in request("INVITE", body=SDP):
                await slow.send_all(bytes([octet]))
                await trio.sleep(5)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(drip)
            assert await slow.receive_some() == b""
            closed.set()
            nursery.cancel_scope.cancel()
        assert trio.current_time() - began < MESSAGE_TIME + 1


async def test_a_connection_that_nobody_uses_is_closed(clock: trio.abc.Clock) -> None:
    async with side() as here:
        async with await trio.open_tcp_stream(here.address.host, here.address.port) as stream:
            await stream.send_all(request("OPTIONS", via="SIP/2.0/TCP 127.0.0.1"))
            await stream.receive_some()
            began = trio.current_time()
            assert await stream.receive_some() == b""
            assert IDLE_TIME <= trio.current_time() - began < IDLE_TIME + 1
        await wait_all_tasks_blocked()
        assert here.endpoint.connections == 0


async def test_who_speaks_no_tls_is_closed(tmp_path: Path, clock: trio.abc.Clock) -> None:
    async with side("tls", 1, tls(tmp_path, NAME)) as here:
        async with await trio.open_tcp_stream(here.address.host, here.address.port) as stream:
            await stream.send_all(request("OPTIONS") + b"\0" * 100)
            heard = b"-"
            while heard:
                heard = await stream.receive_some()
        await wait_all_tasks_blocked()
        assert here.endpoint.connections == 0


def test_old_tls_is_not_spoken(tmp_path: Path) -> None:
    ours = tls(tmp_path, NAME)
    assert ours.server is not None
    for context in (ours.client, ours.server):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert ours.client.check_hostname


def test_callers_are_asked_for_a_certificate_only_where_a_trunk_is_known_by_one(tmp_path: Path) -> None:
    AUTHORITY.issue_cert(NAME).private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    modes = []
    for ask in (True, False):
        context = Tls(TlsSettings(tmp_path / "own.pem"), ask=ask).server
        assert context is not None
        modes.append(context.verify_mode)
    assert modes == [ssl.CERT_OPTIONAL, ssl.CERT_NONE]


def test_the_systems_authorities_vouch_for_callers_where_none_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    AUTHORITY.issue_cert(NAME).private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    AUTHORITY.cert_pem.write_to_path(tmp_path / "system.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    context = Tls(TlsSettings(tmp_path / "own.pem")).server
    assert context is not None
    assert context.cert_store_stats()["x509_ca"] == 1


async def test_a_keep_alive_opens_no_connection_and_uses_the_one_there_is(clock: trio.abc.Clock) -> None:
    async with side() as here, side(seed=2) as there:
        here.endpoint.ping(there.address)
        await wait_all_tasks_blocked()
        assert here.endpoint.connections == 0
        here.call(there.address)
        await here.hang_up(there)
        here.endpoint.ping(there.address)
        await wait_all_tasks_blocked()
        assert here.endpoint.connections == 1


async def test_a_response_that_finds_its_connection_closed_goes_where_the_peer_listens(
    clock: trio.abc.Clock,
) -> None:
    async with side() as here:
        (listening,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listening.socket.getsockname()[1]
        calling = await trio.open_tcp_stream(here.address.host, here.address.port)
        await calling.send_all(request(via=f"SIP/2.0/TCP 127.0.0.1:{port}"))  # without SDP: nobody answers
        assert (await calling.receive_some()).startswith(b"SIP/2.0 100 ")
        await calling.aclose()
        await wait_all_tasks_blocked()
        offered = await here.wait_for(CallOffered)
        assert isinstance(offered, CallOffered)
        offered.call.reject(486, here.endpoint.now())
        here.endpoint.carry_out()
        async with listening, await listening.accept() as stream:
            assert (await stream.receive_some()).startswith(b"SIP/2.0 486 ")


async def test_a_call_goes_to_a_trunk_by_tls_and_its_name(tmp_path: Path, clock: trio.abc.Clock) -> None:
    server = tls(tmp_path, NAME)
    async with side("tls", 2, server) as there:
        zone = Zone(
            srvs={f"_sips._tcp.{NAME}": [Srv(0, 0, there.address.port, "host.example")]},
            hosts={"host.example": ["127.0.0.1"]},
        )
        (found,) = await resolver(zone).resolve(parse_uri(f"sip:{NAME};transport=tls"))
        assert found == there.address._replace(name=NAME)
        async with side(secured=tls(tmp_path)) as here:
            here.call(found)
            await here.hang_up(there)


async def test_one_host_has_so_many_connections_and_no_more(
    clock: trio.abc.Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowlang.backends.sip.streams.MOST_OF_HOST", 3)
    async with side() as here, AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(await trio.open_tcp_stream(here.address.host, here.address.port))
            for _ in range(4)
        ]
        assert await opened[3].receive_some() == b""
        await opened[0].aclose()
        await wait_all_tasks_blocked()
        async with await trio.open_tcp_stream(here.address.host, here.address.port) as another:
            await another.send_all(b"\r\n\r\n")
            assert await another.receive_some() == b"\r\n"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("calls", [True, False])
async def test_what_is_said_last_still_goes_out(
    tmp_path: Path, clock: trio.abc.Clock, transport: str, calls: bool
) -> None:
    """A server that is cancelled hangs up, whoever made the connection."""
    secured = tls(tmp_path, "127.0.0.1") if transport == "tls" else None
    assert transport in ("udp", "tcp", "tls")
    async with side(transport, secured=secured) as here:
        with closing(await open_listener(transport, "127.0.0.1", 0)) as listener:
            there = Side(listener, 2, secured, frozenset())

            def hang_up() -> None:
                for each in there.events:
                    if isinstance(each, CallOffered | CallAnswered):
                        each.call.hang_up(there.endpoint.now())
                there.endpoint.carry_out()

            async with trio.open_nursery() as nursery:
                nursery.start_soon(there.endpoint.run, hang_up)
                one, other = (there, here) if calls else (here, there)
                one.call(other.address)
                await one.wait_for(CallAnswered)
                await wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
        ended = await here.wait_for(CallEnded)
        assert isinstance(ended, CallEnded)
        assert (ended.cause, ended.by) == ("normal", "remote")


async def test_nobody_waits_long_for_who_takes_nothing(clock: trio.abc.Clock) -> None:
    """Nor for a connection that is never made."""
    with closing(await open_listener("tcp", "127.0.0.1", 0)) as listener:
        there = Side(listener, 2, None, frozenset())

        def call() -> None:
            there.call(Address("192.0.2.1", 5060, "tcp"))

        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(there.endpoint.run, call)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert trio.current_time() - began <= LAST_WORDS
