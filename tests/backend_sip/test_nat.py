"""NAT: what we tell peers of us, where we answer, and what keeps the way open (RFC 3581, RFC 5626)."""

from __future__ import annotations

from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

import trio

from flowlang.backends.sip.keepalive import EVERY
from flowlang.backends.sip.sockets import open_listener
from flowlang.sip import Account, Accounts, Address, CallOffered, Registrar
from tests.sip.test_door import with_password
from tests.sip.wire import SDP, Peer, request, session, tokens

from .test_accounts import calling, served


async def test_peers_outside_are_told_the_external_address_and_those_inside_the_real_one() -> None:
    nets = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8")]
    with closing(
        await open_listener("udp", "127.0.0.1", 0, advertise="203.0.113.5", local_nets=nets)
    ) as listener:
        assert listener.facing.told("198.51.100.1") == "203.0.113.5"
        assert listener.facing.told("10.1.2.3") == "127.0.0.1"
        assert listener.facing.bound("198.51.100.1") == "127.0.0.1"
        assert listener.facing.told("2001:db8::1") is None


def test_a_call_from_behind_nat_is_answered_where_it_came_from() -> None:
    peer, source = Peer(), Address("198.51.100.9", 40_000)
    peer.agent.receive(request(body=SDP, via="SIP/2.0/UDP 10.0.0.2:5062;rport"), source, peer_local(), 0.0)
    peer.take()
    assert {each.destination for _, each in peer.sent} == {source}
    assert peer.last().via.parameters["received"] == "198.51.100.9"
    assert peer.last().via.parameters["rport"] == "40000"


def test_requests_of_ours_do_not_go_to_a_private_contact_of_a_public_peer() -> None:
    peer, source = Peer(), Address("8.8.4.4", 40_000)
    data = request(body=SDP).replace(b"<sip:caller@192.0.2.2:5062>", b"<sip:caller@10.0.0.2:5062>")
    peer.agent.receive(data, source, peer_local(), 0.0)
    peer.take()
    event = peer.events[-1]
    assert isinstance(event, CallOffered)
    assert event.call.dialog is not None
    assert event.call.dialog.next_hop == source
    assert event.call.offer is not None
    answer = session().answer(event.call.offer)
    assert answer is not None


def test_phones_behind_nat_are_known_by_their_contact() -> None:
    peer = Peer()
    registrar = Registrar(Accounts([Account("alice", "wonder")]), "office", b"k" * 32, tokens(3))
    peer.agent.registrar = registrar
    data = request("REGISTER", uri="sip:office", extra="Expires: 600\r\n")
    data = data.replace(b"<sip:desk@192.0.2.1>", b"<sip:alice@office>")
    source = Address("198.51.100.9", 40_000)
    assert with_password(peer, data, "alice", "wonder", source) == ["SIP/2.0 200 OK"]
    assert registrar.behind_nat(1.0) == [source]
    assert registrar.behind_nat(601.0) == []


async def test_phones_behind_nat_get_empty_lines(tmp_path: Path, clock: trio.abc.Clock) -> None:
    async with served(tmp_path) as (_, backend, server), calling(server) as phone:
        assert backend._registrar is not None
        here = Address("127.0.0.1", phone._port)
        backend._registrar.behind_nat = lambda now: [here]  # type: ignore[method-assign]
        began = trio.current_time()
        assert await phone._socket.recv(100) == b"\r\n\r\n"
        assert trio.current_time() - began < EVERY + 1


def peer_local() -> Address:
    return Address("192.0.2.1", 5060)
