"""Phones register at the backend and call as themselves; nobody else calls where the listener is not open."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import trio

from flowlang.backends.sip import Endpoint, SipBackend, SipSettings
from flowlang.backends.sip.settings import ListenerConfig
from flowlang.backends.sip.sockets import open_listener
from flowlang.model.observations import Refused
from flowlang.sip import (
    Account,
    Address,
    Credentials,
    DigestClient,
    Event,
    OwnAccount,
    RegistrationChanged,
    Settings,
)
from flowlang.sip.message import Request, Response
from flowlang.sip.parse import parse_datagram
from tests.sip.wire import SDP, request, tokens

from .conftest import T1
from .host import FakeHost

ALICE = Account("alice", "wonder", number="+14155550100", name="Alice")


@asynccontextmanager
async def served(
    folder: Path, *, open_to_all: bool = True
) -> AsyncGenerator[tuple[FakeHost, SipBackend, Address]]:
    host = FakeHost()
    settings = SipSettings(
        ("127.0.0.1", 0), t1=T1, prompts=folder, accounts=[ALICE], realm="office", open_to_all=open_to_all
    )
    backend = SipBackend(settings)
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, host)
        assert backend.address is not None
        yield host, backend, backend.address
        nursery.cancel_scope.cancel()


async def test_a_phone_registers_is_found_and_leaves(tmp_path: Path, clock: trio.abc.Clock) -> None:
    changed = trio.Event()
    events: list[Event] = []

    def on_event(event: Event) -> None:
        events.append(event)
        changed.set()

    async with served(tmp_path) as (_, backend, server):
        with closing(await open_listener("udp", "127.0.0.1", 0)) as listener:
            phone = Endpoint((listener,), Settings(t1=T1), tokens(4), on_event)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(phone.run)
                trunk = OwnAccount("sip:alice@office", (server,), Credentials("alice", "wonder"))
                phone.agent.register(trunk, phone.address, phone.now())
                phone.carry_out()
                await changed.wait()
                nursery.cancel_scope.cancel()
            assert isinstance(events[0], RegistrationChanged)
            assert events[0].state == "registered"
            (contact,) = backend.registered("sip:alice@office")
            assert (contact.uri, contact.source) == (f"sip:alice@{phone.address.hostport}", phone.address)
            assert backend.registered("sip:bob@office") == ()


class Caller:
    """Speaks raw SIP."""

    def __init__(self, sock: trio.socket.SocketType, server: Address) -> None:
        self._socket = sock
        self._server = (server.host, server.port)
        self._port: int = sock.getsockname()[1]

    def invite(self, branch: str, extra: str = "") -> bytes:
        via = f"SIP/2.0/UDP 127.0.0.1:{self._port}"
        return request(
            branch=f"z9hG4bK{branch}", body=SDP.replace("192.0.2.2", "127.0.0.1"), via=via, extra=extra
        )

    async def ask(self, data: bytes) -> Response:
        await self._socket.sendto(data, self._server)
        answer = parse_datagram(await self._socket.recv(4096))
        assert isinstance(answer, Response)
        return answer

    async def ask_by_password(self, password: str, extra: str = "") -> Response:
        challenge = await self.ask(self.invite("first", extra))
        assert challenge.status == 401
        again = parse_datagram(self.invite("second", extra))
        assert isinstance(again, Request)
        header = DigestClient(Credentials("alice", password)).answer(challenge, again, tokens(6))
        assert header is not None
        return await self.ask(self.invite("second", f"{extra}{header[0]}: {header[1]}\r\n"))


@asynccontextmanager
async def calling(server: Address) -> AsyncGenerator[Caller]:
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
        await sock.bind(("127.0.0.1", 0))
        yield Caller(sock, server)


async def test_an_account_calls_as_what_it_is_whatever_its_phone_says(
    tmp_path: Path, clock: trio.abc.Clock
) -> None:
    async with served(tmp_path, open_to_all=False) as (host, _, server), calling(server) as caller:
        assert (await caller.ask_by_password("wonder")).status == 100
        call = await host.next_call()
        assert (call.incoming.source, call.incoming.name) == ("+14155550100", "Alice")


async def test_a_phone_asserts_nobody_and_was_sent_by_nobody(tmp_path: Path, clock: trio.abc.Clock) -> None:
    says = (
        "P-Asserted-Identity: <sip:+14155550199@x>\r\nDiversion: <sip:+14155550123@x>\r\n"
        "History-Info: <sip:+14155550123@x>;index=1, <sip:desk@x>;index=1.1;mp=1\r\n"
    )
    async with served(tmp_path, open_to_all=False) as (host, _, server), calling(server) as caller:
        assert (await caller.ask_by_password("wonder", says)).status == 100
        incoming = (await host.next_call()).incoming
        assert (incoming.source, incoming.diverted_from) == ("+14155550100", None)


@pytest.mark.parametrize("password", ["guess", ""])
async def test_nobody_else_calls_where_the_listener_is_not_open(
    tmp_path: Path, clock: trio.abc.Clock, password: str
) -> None:
    async with served(tmp_path, open_to_all=False) as (host, _, server), calling(server) as caller:
        assert (await caller.ask_by_password(password)).status == 401
        assert host.calls == []
        assert all(each.status == 401 for each in host.of(Refused))


async def test_an_open_listener_asks_nobody(tmp_path: Path, clock: trio.abc.Clock) -> None:
    async with served(tmp_path) as (host, _, server), calling(server) as caller:
        assert (await caller.ask(caller.invite("first"))).status == 100
        assert (await host.next_call()).incoming.source == "sip:caller@192.0.2.2"


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 100), ("0.0.0.0", 403)])
async def test_where_nobody_has_said_who_may_call_a_listener_is_open_on_loopback_alone(
    tmp_path: Path, clock: trio.abc.Clock, host: str, status: int
) -> None:
    backend = SipBackend(SipSettings((host, 0), prompts=tmp_path, t1=T1))
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, FakeHost())
        assert backend.address is not None
        async with calling(Address("127.0.0.1", backend.address.port)) as caller:
            assert (await caller.ask(caller.invite("first"))).status == status
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("first_open", [True, False])
async def test_a_listener_is_not_open_because_another_one_of_its_port_is(
    tmp_path: Path, clock: trio.abc.Clock, first_open: bool
) -> None:
    with closing(await open_listener("udp", "127.0.0.1", 0)) as free:
        port = free.address.port
    hosts = {"127.0.0.1": first_open, "127.0.0.2": not first_open}
    listeners = [ListenerConfig(f"at-{host}", "udp", host, port, open_) for host, open_ in hosts.items()]
    settings = SipSettings(
        ("127.0.0.1", 0), prompts=tmp_path, t1=T1, accounts=[ALICE], realm="office", listeners=listeners
    )
    backend = SipBackend(settings)
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, FakeHost())
        for host, open_ in hosts.items():
            async with calling(Address(host, port)) as caller:
                data = caller.invite(host).replace(b"call-1", f"to-{host}".encode())
                assert (await caller.ask(data)).status == (100 if open_ else 401)
        nursery.cancel_scope.cancel()
