"""Who may begin a call, who may go on with one, and how many."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from flowlang.sip import (
    Account,
    Accounts,
    Address,
    Admitted,
    Buckets,
    CallEnded,
    CallOffered,
    CallReoffered,
    Credentials,
    DigestClient,
    Door,
    Invitation,
    InviteRefused,
    Limits,
    Registrar,
    Response,
    TrunkPeer,
)
from flowlang.sip.flood import BURST, RATE
from flowlang.sip.message import Request
from flowlang.sip.parse import parse_datagram
from tests.sip.test_hostile import calls_up
from tests.sip.wire import HERE, SDP, THERE, Peer, request, session, tokens

CARRIER = TrunkPeer("carrier", (ip_network("198.51.100.0/24"),), frozenset({"sip.carrier.example"}))
BY_PASSWORD = TrunkPeer("other", user="other")
ELSEWHERE = Address("203.0.113.9", 5060)


def kept(
    peer: Peer | None = None,
    *,
    open_: bool = False,
    trunks: tuple[TrunkPeer, ...] = (CARRIER, BY_PASSWORD),
    limits: Limits | None = None,
) -> Peer:
    """A peer with a door: one trunk by address and name, one by password, and an account."""
    peer = peer or Peer()
    accounts = Accounts([Account("alice", "wonder")])
    others = {"other": "secret"}
    registrar = Registrar(accounts, "office", b"k" * 32, tokens(3), others=others.get)
    peer.agent.registrar = registrar
    peer.agent.door = Door(
        trunks,
        registrar.guard,
        lambda listener: "lan" if open_ else None,
        limits,
        lambda user, now: registrar.hosts_of(user, now),
        lambda user: 2.0,
    )
    return peer


def with_password(peer: Peer, data: bytes, user: str, password: str, source: Address = THERE) -> list[str]:
    """Send a request, and again with the answer to the challenge."""
    (line,) = peer.receive(data, source)
    assert line.startswith("SIP/2.0 401 ")
    challenge, again = peer.last(), parse_datagram(data.replace(b"branch=z9hG4bK", b"branch=z9hG4bKx"))
    assert isinstance(challenge, Response)
    assert isinstance(again, Request)
    header = DigestClient(Credentials(user, password)).answer(challenge, again, tokens(4))
    assert header is not None
    again.extend([header])
    again.headers["CSeq"] = [f"{again.cseq.number + 1} {again.method}"]
    return peer.receive(again.encode(), source)


def origin(peer: Peer) -> Admitted | None:
    event = peer.events[-1]
    assert isinstance(event, CallOffered)
    return event.call.origin


def test_a_trunk_comes_in_by_its_address() -> None:
    peer = kept()
    assert peer.receive(request(body=SDP), Address("198.51.100.7", 5060)) == ["SIP/2.0 100 Trying"]
    assert origin(peer) == Admitted("trunk", "carrier")


def test_a_trunk_comes_in_by_the_name_of_its_certificate() -> None:
    peer = kept()
    source = Address("203.0.113.9", 40_000, "tls", "sip.carrier.example")
    assert peer.receive(request(body=SDP), source) == ["SIP/2.0 100 Trying"]
    assert origin(peer) == Admitted("trunk", "carrier")


def test_a_trunk_comes_in_by_its_password() -> None:
    peer = kept()
    assert with_password(peer, request(body=SDP), "other", "secret") == ["SIP/2.0 100 Trying"]
    assert origin(peer) == Admitted("trunk", "other")


def test_an_account_comes_in_by_its_password() -> None:
    peer = kept()
    assert with_password(peer, request(body=SDP), "alice", "wonder") == ["SIP/2.0 100 Trying"]
    assert origin(peer) == Admitted("account", "alice")


def test_a_trunks_password_registers_nothing() -> None:
    peer = kept()
    data = request("REGISTER", uri="sip:office").replace(b"<sip:desk@192.0.2.1>", b"<sip:other@office>")
    assert with_password(peer, data, "other", "secret")[0].startswith("SIP/2.0 403 ")


def test_an_open_listener_takes_anybody_and_believes_no_wrong_password() -> None:
    peer = kept(open_=True)
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 100 Trying"]
    assert origin(peer) == Admitted("open", "lan")
    wrong = 'Authorization: Digest realm="office", username="alice", nonce="x", uri="x", response="y"\r\n'
    (line,) = peer.receive(request(body=SDP, branch="z9hG4bKw", call_id="w", extra=wrong))
    assert line.startswith("SIP/2.0 401 ")


def test_nobody_else_comes_in_and_nothing_is_kept_of_him() -> None:
    peer = kept()
    for number in range(50):
        (line,) = peer.receive(request(body=SDP, branch=f"z9hG4bK{number}", call_id=f"c{number}"))
        assert line.startswith("SIP/2.0 401 ")
    assert peer.counts() == (0, 0, 0)
    peer.agent.door = Door((CARRIER,), None, lambda listener: None)
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 403 Forbidden"]
    assert peer.counts() == (0, 0, 0)
    assert not peer.events
    assert peer.agent.strangers == 1


def test_a_call_over_the_limits_is_told_once_however_often_it_comes() -> None:
    peer = kept(limits=Limits(max_calls=0), open_=True)
    for number in (1, 1, 2, 2, 1):
        data = request(body=SDP, branch=f"z9hG4bK{number}", call_id=f"c{number}")
        assert peer.receive(data) == ["SIP/2.0 503 Service Unavailable"]
    told = [each.request.call_id for each in peer.events if isinstance(each, InviteRefused)]
    assert told == ["c1", "c2"]


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_an_answer_to_a_stranger_is_at_most_twice_as_long(method: str) -> None:
    peer = kept()
    short = (
        f"{method} sip:a SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.2\r\nf: <sip:b>;tag=1\r\nt: <sip:a>\r\ni: 1\r\n"
        f"CSeq: 1 {method}\r\n\r\n"
    ).encode()
    for data in (short, request(method, body=SDP)):
        peer.receive(data)
        assert all(len(sent.data) <= 2 * len(data) for _, sent in peer.sent)
        peer.sent.clear()


def test_a_trunk_has_as_many_calls_as_its_limits_allow() -> None:
    few = TrunkPeer("carrier", (ip_network("198.51.100.0/24"),), limits=Limits(max_calls=2))
    peer, source = kept(trunks=(few,)), Address("198.51.100.7", 5060)
    for number in range(2):
        (line,) = peer.receive(request(body=SDP, branch=f"z9hG4bK{number}", call_id=f"c{number}"), source)
        assert line == "SIP/2.0 100 Trying"
    first = peer.events[0]
    third = request(body=SDP, branch="z9hG4bK3", call_id="c3")
    assert peer.receive(third, source) == ["SIP/2.0 503 Service Unavailable"]
    assert peer.last().get("Retry-After") == "5"
    assert isinstance(first, CallOffered)
    first.call.reject(486, peer.now)
    peer.take()
    assert peer.receive(third, source) == ["SIP/2.0 100 Trying"]


def test_an_account_begins_as_many_calls_a_second_as_it_may() -> None:
    peer = kept()
    for at, number in ((0.0, 1), (0.0, 2), (0.0, 3), (0.5, 4)):
        peer.now += at
        data = request(body=SDP, branch=f"z9hG4bK{number}", call_id=f"c{number}")
        (line,) = with_password(peer, data, "alice", "wonder")
        assert line == ("SIP/2.0 503 Service Unavailable" if number == 3 else "SIP/2.0 100 Trying")


def test_calls_of_all_have_limits_too() -> None:
    peer, source = kept(limits=Limits(max_cps=2)), Address("198.51.100.7", 5060)
    lines = [
        peer.receive(request(body=SDP, branch=f"z9hG4bK{number}", call_id=f"c{number}"), source)[0]
        for number in range(3)
    ]
    assert [line.split()[1] for line in lines] == ["100", "100", "503"]
    assert peer.last().get("Retry-After") == "5"
    peer.now = 1.0
    assert peer.receive(request(body=SDP, branch="z9hG4bK9", call_id="c9"), source)[0].split()[1] == "100"


def forged(method: str, number: int, tag: str | None, victim: int = 0) -> bytes:
    return request(
        method,
        branch=f"z9hG4bKforged{method}{number}",
        call_id=f"call-{victim}",
        from_tag=f"their{victim}",
        to_tag=tag,
        cseq=number + 2,
        body=SDP if method in ("INVITE", "UPDATE") else "",
        extra="Refer-To: <sip:thief@203.0.113.9>\r\n" if method == "REFER" else "",
    )


def test_who_knows_call_id_and_tags_moves_no_call_from_elsewhere() -> None:
    peer = Peer()
    calls = calls_up(peer)
    tags = [call.dialog.local_tag for call in calls if call.dialog is not None]
    for number in range(250):
        for method in ("BYE", "INVITE", "REFER", "UPDATE"):
            (line,) = peer.receive(forged(method, number, tags[number % 20], number % 20), ELSEWHERE)
            assert line.startswith("SIP/2.0 403 ")
    assert not [each for each in peer.events if isinstance(each, CallEnded | CallReoffered)]
    assert all(call.state == "confirmed" for call in calls)
    assert peer.receive(request("BYE", call_id="call-0", from_tag="their0", to_tag=tags[0], cseq=2)) == [
        "SIP/2.0 200 OK"
    ]  # what was forged has used up no number


def test_a_cancel_from_elsewhere_cancels_nothing() -> None:
    peer = Peer()
    call = peer.offered()
    assert peer.receive(request("CANCEL"), ELSEWHERE)[0].startswith("SIP/2.0 481 ")
    assert call.state == "offered"


def test_an_ack_from_elsewhere_confirms_nothing() -> None:
    peer = Peer()
    call, tag = peer.answered()
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=tag), ELSEWHERE)
    assert call.state == "answered"


def test_any_address_of_its_trunk_moves_a_call() -> None:
    peer = kept()
    peer.receive(request(body=SDP), Address("198.51.100.7", 5060))
    event = peer.events[-1]
    assert isinstance(event, CallOffered)
    assert event.call.offer is not None
    answer = session().answer(event.call.offer)
    assert answer is not None
    event.call.answer(answer, peer.now)
    peer.take()
    tag = peer.last().to.tag
    other = Address("198.51.100.200", 5070)
    peer.receive(request("ACK", branch="z9hG4bKa", to_tag=tag), other)
    assert event.call.state == "confirmed"
    assert peer.receive(request("BYE", branch="z9hG4bKb", to_tag=tag, cseq=2), other) == ["SIP/2.0 200 OK"]


def test_a_proxy_of_the_route_set_moves_a_call() -> None:
    peer = Peer()
    peer.offered(request(body=SDP, extra="Record-Route: <sip:203.0.113.9;lr>\r\n"))
    event = peer.events[-1]
    assert isinstance(event, CallOffered)
    assert event.call.dialog is not None
    tag = event.call.dialog.local_tag
    lines = peer.receive(request("BYE", branch="z9hG4bKb", to_tag=tag, cseq=2), ELSEWHERE)
    assert "SIP/2.0 200 OK" in lines


def test_a_phone_that_has_moved_shows_who_it_is() -> None:
    peer = kept()
    with_password(peer, request(body=SDP), "alice", "wonder")
    event = peer.events[-1]
    assert isinstance(event, CallOffered)
    assert event.call.dialog is not None
    tag = event.call.dialog.local_tag
    bye = request("BYE", branch="z9hG4bKbye", to_tag=tag, cseq=7)
    assert with_password(peer, bye, "other", "secret", ELSEWHERE)[0].startswith("SIP/2.0 403 ")
    assert event.call.state == "offered"
    bye = request("BYE", branch="z9hG4bKbye2", to_tag=tag, cseq=9)
    assert "SIP/2.0 200 OK" in with_password(peer, bye, "alice", "wonder", ELSEWHERE)


def test_what_is_too_much_of_a_stranger_is_dropped_and_calls_go_on() -> None:
    peer = kept(open_=True)
    calls = calls_up(peer)
    peer.agent.flood = Buckets()
    answered = sum(
        bool(peer.receive(request("OPTIONS", branch=f"z9hG4bKf{number}", call_id=f"f{number}")))
        for number in range(1_000)
    )
    assert answered == BURST
    assert peer.receive(b"junk" * 10) == []
    tag = calls[0].dialog.local_tag if calls[0].dialog is not None else None
    assert peer.receive(request("BYE", call_id="call-0", from_tag="their0", to_tag=tag, cseq=2)) == [
        "SIP/2.0 200 OK"
    ]
    peer.now += 10 / RATE
    more = [peer.receive(request("OPTIONS", branch=f"z9hG4bKg{n}", call_id=f"g{n}")) for n in range(20)]
    assert sum(map(bool, more)) in (9, 10)


def test_a_trunk_is_no_stranger() -> None:
    peer = kept()
    peer.agent.flood = Buckets()
    source = Address("198.51.100.7", 5060)
    for number in range(500):
        assert peer.receive(request("OPTIONS", branch=f"z9hG4bK{number}", call_id=f"{number}"), source)


def test_who_shows_a_password_gets_back_what_it_cost() -> None:
    peer = kept()
    peer.agent.flood = Buckets(rate=0.0)
    with_password(peer, request(body=SDP), "alice", "wonder")
    assert isinstance(peer.events[-1], CallOffered)
    peer.agent.flood.take(THERE.host, peer.now)
    left = 0
    while not peer.agent.flood.is_empty(THERE.host, peer.now):
        peer.agent.flood.take(THERE.host, peer.now)
        left += 1
    assert left == BURST - 2  # the one without a password, and the one above


def test_a_flood_of_sources_fills_no_memory() -> None:
    buckets = Buckets(limit=100)
    for number in range(1_000):
        buckets.take(f"192.0.2.{number}", 0.0)
    assert len(buckets) == 100
    for number in range(1_000):
        buckets.take(f"2001:db8::{number:x}", 0.0)
    assert buckets.is_empty("2001:db8::ffff", 0.0)


def test_what_belongs_to_no_call_is_a_strangers_too() -> None:
    peer = kept()
    peer.agent.flood = Buckets()
    answered = sum(
        bool(peer.receive(request("BYE", branch=f"z9hG4bKn{n}", call_id=f"n{n}", to_tag="x")))
        for n in range(500)
    )
    assert answered == BURST


def test_a_sips_uri_is_for_those_who_come_by_tls() -> None:
    peer = kept(open_=True)
    for transport, status in (("tcp", "416"), ("tls", "100")):
        data = request(body=SDP, uri="sips:desk@192.0.2.1", call_id=transport, branch=f"z9hG4bK{transport}")
        assert peer.receive(data, Address("192.0.2.2", 40_000, transport))[0].split()[1] == status


def test_calls_of_ours_count_for_their_trunk_alone() -> None:
    few = TrunkPeer("carrier", (ip_network("198.51.100.0/24"),), limits=Limits(max_calls=1))
    peer = kept(trunks=(few,), limits=Limits(max_calls=1))
    there = Address("198.51.100.7", 5060)
    call = peer.agent.invite(Invitation("sip:1@198.51.100.7", "sip:2@office"), there, HERE, peer.now)
    assert call.origin == Admitted("trunk", "carrier")
    door = peer.agent.door
    assert door is not None
    assert door.is_full("carrier", peer.now)
    assert peer.receive(request(body=SDP), there)[-1].startswith("SIP/2.0 503 ")
    call.hang_up(peer.now)
    peer.take()
    assert not door.is_full("carrier", peer.now)
    assert peer.receive(request(body=SDP, branch="z9hG4bK2"), there)[-1].startswith("SIP/2.0 100 ")
