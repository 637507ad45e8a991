"""Inside a call that came in: re-INVITE, UPDATE, glare, late offers."""

from __future__ import annotations

from flowlang.sip import (
    CallEnded,
    CallReanswered,
    CallReoffered,
    parse_sdp,
)
from tests.sip.wire import LIFETIME, SDP, T1, Peer, request, session


def ended(peer: Peer) -> list[tuple[str, str]]:
    return [(event.cause, event.by) for event in peer.events if isinstance(event, CallEnded)]


def test_a_re_invite_is_answered_with_our_sdp_and_its_200_repeated() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    hold = SDP + "a=sendonly\r\n"
    assert peer.receive(request(cseq=2, branch="z9hG4bKr", to_tag=tag, body=hold)) == ["SIP/2.0 200 OK"]
    event = peer.events[-1]
    assert isinstance(event, CallReoffered)
    assert (event.call, event.answer.media[0].has("recvonly")) == (call, True)
    assert peer.last().body == event.answer.encode()
    assert len(peer.run(3.5 * T1)) == 2
    peer.receive(request("ACK", cseq=2, branch="z9hG4bKra", to_tag=tag))
    assert peer.run(LIFETIME) == []
    assert call.state == "confirmed"


def test_a_re_invite_that_nothing_fits_is_488_and_the_call_goes_on() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    video = SDP.replace("m=audio", "m=video")
    assert peer.receive(request(cseq=2, branch="z9hG4bKr", to_tag=tag, body=video)) == [
        "SIP/2.0 488 Not Acceptable Here"
    ]
    peer.receive(request("ACK", cseq=2, branch="z9hG4bKr", to_tag=tag))
    assert call.state == "confirmed"


def test_a_re_invite_refreshes_the_target() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    data = request(cseq=2, branch="z9hG4bKr", to_tag=tag, body=SDP)
    peer.receive(data.replace(b"caller@192.0.2.2:5062>\r\nC", b"moved@192.0.2.3:5070>\r\nC"))
    peer.receive(request("ACK", cseq=2, branch="z9hG4bKra", to_tag=tag))
    call.hang_up(0.0)
    assert peer.take() == ["BYE sip:moved@192.0.2.3:5070 SIP/2.0"]
    assert peer.sent[-1][1].destination.host == "192.0.2.3"


def test_a_lost_ack_to_a_re_invite_ends_the_call() -> None:
    peer = Peer()
    _, tag = peer.confirmed()
    peer.receive(request(cseq=2, branch="z9hG4bKr", to_tag=tag, body=SDP))
    assert peer.run(LIFETIME)[-1][1].startswith("BYE ")
    assert ended(peer) == [("no_ack", "local")]
    peer.assert_nothing_left()


def test_a_late_offer_in_a_re_invite() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    assert peer.receive(request(cseq=2, branch="z9hG4bKr", to_tag=tag)) == ["SIP/2.0 200 OK"]
    assert b"m=audio 5004" in peer.last().body
    event = peer.events[-1]
    assert isinstance(event, CallReoffered)
    assert event.offer is None
    # While our offer is open, another offer must wait (§14.2).
    assert peer.receive(request(cseq=3, branch="z9hG4bKs", to_tag=tag, body=SDP)) == [
        "SIP/2.0 491 Request Pending"
    ]
    peer.receive(request("ACK", cseq=2, branch="z9hG4bKra", to_tag=tag, body=SDP))
    assert peer.events[-1] == CallReanswered(call, parse_sdp(SDP.encode()), 200)
    assert call.state == "confirmed"


def test_a_late_offer_in_a_re_invite_that_nobody_answers_changes_nothing() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    peer.receive(request(cseq=2, branch="z9hG4bKr", to_tag=tag))
    assert peer.receive(request("ACK", cseq=2, branch="z9hG4bKra", to_tag=tag)) == []
    assert peer.events[-1] == CallReanswered(call, None, 200)
    assert call.state == "confirmed"


def test_an_invite_inside_an_unanswered_call_comes_too_early() -> None:
    peer = Peer()
    call = peer.offered()
    call.ring(0.0)
    peer.take()
    data = request(cseq=2, branch="z9hG4bKr", to_tag=peer.last().to.tag, body=SDP)
    assert peer.receive(data) == ["SIP/2.0 500 Server Internal Error"]
    assert 0 <= int(peer.last().get("Retry-After") or "99") <= 10


def test_glare_is_491() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    assert call.reoffer(session().offer(), 0.0)
    assert peer.take() == ["INVITE sip:caller@192.0.2.2:5062 SIP/2.0"]
    assert not call.reoffer(session().offer(), 0.0)
    assert peer.receive(request(cseq=2, branch="z9hG4bKr", to_tag=tag, body=SDP)) == [
        "SIP/2.0 491 Request Pending"
    ]


def test_update_refreshes_and_may_carry_an_offer() -> None:
    peer = Peer()
    _, tag = peer.confirmed()
    assert peer.receive(request("UPDATE", cseq=2, branch="z9hG4bKu", to_tag=tag)) == ["SIP/2.0 200 OK"]
    assert peer.last().body == b""
    assert peer.receive(request("UPDATE", cseq=3, branch="z9hG4bKv", to_tag=tag, body=SDP)) == [
        "SIP/2.0 200 OK"
    ]
    assert b"m=audio 5004" in peer.last().body
    assert peer.run(LIFETIME) == []
