"""The 100 to an INVITE: not before its time, and not where something else was said by then (RFC 3261 section
17.2.1)."""

from __future__ import annotations

from flowlang.sip import IncomingCall, Settings, UserAgent
from tests.sip.wire import SDP, Peer, request, session

AFTER = 0.2


def patient() -> Peer:
    """One who waits with the 100."""
    peer = Peer()
    peer.agent = UserAgent(Settings(trying_after=AFTER), lambda size: "5" * (2 * size))
    return peer


def answered(call: IncomingCall, now: float) -> bool:
    assert call.offer is not None
    answer = session().answer(call.offer)
    assert answer is not None
    return call.answer(answer, now)


def test_it_is_left_out_where_the_answer_comes_by_then() -> None:
    peer = patient()
    call = peer.offered()
    assert peer.take() == []
    peer.run(0.1)
    assert answered(call, 0.1)
    assert peer.take() == ["SIP/2.0 200 OK"]
    assert "SIP/2.0 100 Trying" not in [line for _, line in peer.run(10.0)]


def test_it_is_sent_once_when_its_time_has_come() -> None:
    peer = patient()
    call = peer.offered()
    assert peer.run(1.0) == [(AFTER, "SIP/2.0 100 Trying")]
    assert peer.last().to.tag is None
    assert call.ring(1.0)
    assert peer.take() == ["SIP/2.0 180 Ringing"]


def test_who_repeats_the_request_has_it_at_once_and_each_time() -> None:
    peer = patient()
    call = peer.offered()
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 100 Trying"]
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 100 Trying"]
    assert peer.run(1.0) == []
    assert call.reject(486, 1.0)
    assert peer.take() == ["SIP/2.0 486 Busy Here"]
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 486 Busy Here"]


def test_a_ringing_that_comes_first_is_what_is_repeated() -> None:
    peer = patient()
    call = peer.offered()
    assert call.ring(0.0)
    assert peer.take() == ["SIP/2.0 180 Ringing"]
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 180 Ringing"]
    assert peer.run(1.0) == []
