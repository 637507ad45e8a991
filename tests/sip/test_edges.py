"""Where requests and responses go, and what is met with silence."""

from __future__ import annotations

import pytest

from flowlang.sip import (
    Address,
    CallOffered,
    Invitation,
    Settings,
    Trace,
    UserAgent,
)
from flowlang.sip.dialog import transport_address
from flowlang.sip.headers import parse_name_addr
from flowlang.sip.uri import parse_uri
from tests.sip.wire import HERE, SDP, THERE, Peer, make_agent, request, session, tokens


def test_a_recorded_route_is_followed() -> None:
    peer = Peer()
    routes = "Record-Route: <sip:192.0.2.7:5099;lr>, <sip:192.0.2.8;lr>\r\n"
    call = peer.offered(request(body=SDP, extra=routes))
    answer = session().negotiate(call.offer)
    assert answer is not None
    call.answer(answer, 0.0)
    peer.take()
    assert peer.last().members("Record-Route") == ["<sip:192.0.2.7:5099;lr>", "<sip:192.0.2.8;lr>"]
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=peer.last().to.tag))
    call.hang_up(0.0)
    assert peer.take() == ["BYE sip:caller@192.0.2.2:5062 SIP/2.0"]
    assert peer.last().members("Route") == ["<sip:192.0.2.7:5099;lr>", "<sip:192.0.2.8;lr>"]
    assert peer.sent[-1][1].destination == Address("192.0.2.7", 5099)


def test_a_strict_router_goes_into_the_request_uri() -> None:
    peer = Peer()
    call = peer.offered(request(body=SDP, extra="Record-Route: <sip:192.0.2.7>\r\n"))
    answer = session().negotiate(call.offer)
    assert answer is not None
    call.answer(answer, 0.0)
    peer.take()
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=peer.last().to.tag))
    call.hang_up(0.0)
    assert peer.take() == ["BYE sip:192.0.2.7 SIP/2.0"]
    assert peer.last().members("Route") == ["<sip:caller@192.0.2.2:5062>"]


@pytest.mark.parametrize(
    ("via", "received", "destination"),
    [
        ("SIP/2.0/UDP 192.0.2.2:5070", None, ("192.0.2.2", 5070)),
        ("SIP/2.0/UDP phone.example:5070", "192.0.2.2", ("192.0.2.2", 5070)),
        ("SIP/2.0/UDP phone.example", "192.0.2.2", ("192.0.2.2", 5060)),
        ("SIP/2.0/UDP 10.0.0.1:5070;rport", "192.0.2.2", ("192.0.2.2", 5062)),
        ("SIP/2.0/UDP 192.0.2.2:5070;rport", "192.0.2.2", ("192.0.2.2", 5062)),
        ("SIP/2.0/UDP 192.0.2.2:5070;maddr=198.51.100.1", None, ("192.0.2.2", 5070)),
    ],
)
def test_responses_go_where_the_via_and_the_source_say(
    via: str, received: str | None, destination: tuple[str, int]
) -> None:
    peer = Peer()
    peer.receive(request("OPTIONS", via=via))
    assert peer.sent[-1][1].destination[:2] == destination
    parameters = peer.last().via.parameters
    assert parameters.get("received") == received
    if "rport" in via:
        assert parameters["rport"] == "5062"


def test_a_malformed_request_is_answered_to_its_source_without_state() -> None:
    peer = Peer()
    data = request().replace(b"CSeq: 1 INVITE", b"CSeq: one INVITE")
    first = peer.receive(data)
    assert first == ["SIP/2.0 400 Malformed CSeq"]
    assert peer.sent[-1][1].destination == THERE
    assert peer.counts() == (0, 0, 0)
    again = peer.sent[-1][1].data
    peer.receive(data)
    assert peer.sent[-1][1].data == again  # the same tag for a repeated request (§8.2.7)
    assert peer.receive(data.replace(b"INVITE", b"ACK")) == []
    assert peer.receive(b"INVITE sip:x SIP/2.0\r\n\r\n") == []


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"\0\0\0\0", b"hello", b"SIP/2.0 200 OK\r\n\r\n", b"\xff" * 50]
)
def test_junk_is_met_with_silence(data: bytes) -> None:
    peer = Peer()
    assert peer.receive(data) == []
    peer.assert_nothing_left()


def test_a_local_address_that_no_peer_can_reach_is_a_mistake_of_ours() -> None:
    agent = make_agent()
    with pytest.raises(ValueError, match=r"not 0\.0\.0\.0"):
        agent.receive(request(), THERE, HERE._replace(host="0.0.0.0"), 0.0)


def test_every_message_can_be_watched() -> None:
    agent = UserAgent(Settings(), tokens(1))
    seen: list[Trace] = []
    agent.trace = seen.append
    agent.receive(request("OPTIONS"), THERE, HERE, 3.0)
    agent.receive(b"junk", THERE, HERE, 4.0)
    assert [(trace.at, trace.inbound, trace.summary) for trace in seen] == [
        (3.0, True, "OPTIONS sip:desk@192.0.2.1"),
        (3.0, False, "200 OK (OPTIONS)"),
        (4.0, True, "unreadable: junk"),
    ]


@pytest.mark.parametrize(
    ("uri", "seen", "goes_to"),
    [
        ("sip:x@pbx.example:5080", Address("192.0.2.9", 5060), Address("192.0.2.9", 5080)),
        ("sip:pbx.example:5080;lr", Address("192.0.2.9", 5060), Address("192.0.2.9", 5080)),
        ("sip:x@pbx.example", Address("192.0.2.9", 5060), Address("192.0.2.9", 5060)),
        ("sip:x@phone.local:5080", Address("192.0.2.9", 34567), Address("192.0.2.9", 34567)),
        ("sip:x@pbx.example:5080;transport=tcp", Address("192.0.2.9", 5060), Address("192.0.2.9", 5060)),
        ("sip:x@pbx.example:5080", Address("192.0.2.9", 5060, "tcp"), Address("192.0.2.9", 5060, "tcp")),
    ],
)
def test_the_port_beside_a_name_is_followed_but_not_to_where_a_nat_has_none(
    uri: str, seen: Address, goes_to: Address
) -> None:
    assert transport_address(parse_uri(uri), seen) == goes_to


OUR_TLS, THEIR_TLS = Address("192.0.2.1", 5061, "tls"), Address("192.0.2.2", 40000, "tls")


@pytest.mark.parametrize(
    ("uri", "extra", "contact"),
    [
        ("sips:desk@192.0.2.1", "", "<sips:192.0.2.1:5061>"),
        ("sip:desk@192.0.2.1", "", "<sip:192.0.2.1:5061;transport=tls>"),
        ("sip:desk@192.0.2.1", "Record-Route: <sips:192.0.2.7;lr>\r\n", "<sips:192.0.2.1:5061>"),
    ],
)
def test_who_is_called_by_sips_answers_with_a_sips_contact(uri: str, extra: str, contact: str) -> None:
    peer = Peer()
    data = request(body=SDP, uri=uri, extra=extra, via="SIP/2.0/TLS 192.0.2.2:40000")
    peer.agent.receive(data, THEIR_TLS, OUR_TLS, 0.0)
    peer.take()
    event = peer.events[-1]
    assert isinstance(event, CallOffered)
    answer = session().negotiate(event.call.offer)
    assert answer is not None
    event.call.answer(answer, 0.0)
    peer.take()
    assert peer.last().headers["Contact"] == [contact]
    assert event.call.dialog is not None
    assert event.call.dialog.request("UPDATE", "x").headers["Contact"] == [contact]


@pytest.mark.parametrize("scheme", ["sip", "sips"])
def test_who_calls_by_sips_has_a_sips_contact(scheme: str) -> None:
    agent = make_agent()
    call = agent.invite(
        Invitation(f"{scheme}:desk@192.0.2.2", "<sip:me@192.0.2.1>", session().offer()),
        THEIR_TLS,
        OUR_TLS,
        0.0,
    )
    assert parse_name_addr(call.request.headers["Contact"][0]).uri.scheme == scheme
