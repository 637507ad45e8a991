"""UPDATE (RFC 3311), and the offer that a PRACK may have (RFC 3262 §5)."""

from __future__ import annotations

import pytest

from flowlang.sip import CallReoffered, IncomingCall, MediaSession, parse_sdp
from flowlang.sip.message import Request, Response
from flowlang.sip.parse import parse_datagram
from tests.sip.test_outgoing import CALLEE, OURS, Caller
from tests.sip.test_reliable import reliable
from tests.sip.wire import LIFETIME, SDP, Peer, request, session

NEEDS = "Require: 100rel\r\n"
LATER = SDP.replace("audio 4000", "audio 4400")


def update(tag: str | None, cseq: int, body: str = "", extra: str = "") -> bytes:
    return request("UPDATE", branch=f"z9hG4bKu{cseq}", cseq=cseq, to_tag=tag, body=body, extra=extra)


def prack(provisional: Response, cseq: int = 2, body: str = "") -> bytes:
    extra = f"RAck: {provisional.get('RSeq')} 1 INVITE\r\n"
    tag = provisional.to.tag
    return request("PRACK", branch=f"z9hG4bKp{cseq}", to_tag=tag, cseq=cseq, extra=extra, body=body)


def last_response(peer: Peer) -> Response:
    parsed = peer.last()
    assert isinstance(parsed, Response)
    return parsed


def early_media(peer: Peer, extra: str = NEEDS) -> tuple[IncomingCall, MediaSession, Response]:
    """A call whose 183 has our answer, not yet acknowledged."""
    call = peer.offered(request(body=SDP, extra=extra))
    media = session()
    call.negotiate = media.negotiate
    assert call.offer is not None
    answer = media.answer(call.offer)
    assert answer is not None
    assert call.progress(answer, peer.now)
    peer.take()
    return call, media, last_response(peer)


# Without an offer


def test_an_early_update_without_an_offer_moves_the_target_alone() -> None:
    peer = Peer()
    call = peer.offered()
    call.ring(peer.now)
    peer.take()
    tag = peer.last().to.tag
    data = update(tag, 2, extra="Session-Expires: 90\r\nSupported: timer\r\n")
    assert peer.receive(data.replace(b"caller@192.0.2.2:5062>", b"moved@192.0.2.2:5062>")) == [
        "SIP/2.0 200 OK"
    ]
    assert "Session-Expires" not in peer.last().headers, "there is no session yet"
    assert call.dialog is not None
    assert call.dialog.remote_target == "sip:moved@192.0.2.2:5062"


def test_an_early_update_of_a_callee_without_an_offer_moves_his_target() -> None:
    caller = Caller()
    caller.respond(180)
    data = request("UPDATE", branch="z9hG4bKu", cseq=1, to_tag=caller.invite.from_.tag, from_tag="theirs")
    data = data.replace(b"Call-ID: call-1", b"Call-ID: " + caller.invite.call_id.encode())
    caller.agent.receive(data, CALLEE, OURS, caller.now)
    assert caller.take() == ["SIP/2.0 200 OK"]


def test_an_update_without_an_offer_is_answered_while_an_offer_of_ours_is_open() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    assert call.reoffer(session().offer(), peer.now)
    peer.take()
    assert peer.receive(update(tag, 2)) == ["SIP/2.0 200 OK"]
    assert peer.receive(update(tag, 3, SDP)) == ["SIP/2.0 491 Request Pending"]


# With one, before the answer


def test_an_early_offer_waits_until_the_first_is_answered() -> None:
    peer = Peer()
    call = peer.offered(request(body=SDP, extra=NEEDS))
    call.ring(peer.now)
    peer.take()
    provisional = last_response(peer)
    assert peer.receive(update(provisional.to.tag, 2, LATER)) == ["SIP/2.0 500 Server Internal Error"]
    assert 0 <= int(peer.last().get("Retry-After") or "99") <= 10
    peer.receive(prack(provisional, 3))
    assert peer.receive(update(provisional.to.tag, 4, LATER)) == ["SIP/2.0 500 Server Internal Error"]


def test_an_early_offer_to_whom_we_offered_is_a_491() -> None:
    peer = Peer()
    call = peer.offered(request(extra=NEEDS))
    call.ring(peer.now, session().offer())
    peer.take()
    assert peer.receive(update(peer.last().to.tag, 2, SDP)) == ["SIP/2.0 491 Request Pending"]
    caller = Caller()
    caller.respond(183, body=SDP)
    data = request("UPDATE", branch="z9hG4bKu", to_tag=caller.invite.from_.tag, from_tag="theirs", body=SDP)
    data = data.replace(b"Call-ID: call-1", b"Call-ID: " + caller.invite.call_id.encode())
    caller.agent.receive(data, CALLEE, OURS, caller.now)
    assert caller.take() == ["SIP/2.0 491 Request Pending"]


@pytest.mark.parametrize("method", ["PRACK", "UPDATE"])
def test_once_the_first_offer_is_settled_another_is_answered_and_the_200_has_none(method: str) -> None:
    peer = Peer()
    call, media, provisional = early_media(peer)
    if method == "PRACK":
        lines = peer.receive(prack(provisional, 2, LATER))
    else:
        assert peer.receive(prack(provisional, 2)) == ["SIP/2.0 200 OK"]
        lines = peer.receive(update(provisional.to.tag, 3, LATER))
    assert lines == ["SIP/2.0 200 OK"]
    assert b"m=audio 5004" in peer.last().body
    event = peer.events[-1]
    assert isinstance(event, CallReoffered)
    assert event.offer is not None
    assert event.offer.media[0].port == 4400
    assert media.audio is not None
    assert media.audio.remote_port == 4400
    assert call.answer(event.answer, peer.now)
    assert peer.take() == ["SIP/2.0 200 OK"]
    assert peer.last().body == b"", "it would be the answer to an offer that was replaced"
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=provisional.to.tag))
    assert call.state == "confirmed"


@pytest.mark.parametrize("body", [LATER.replace("m=audio", "m=video"), LATER])
def test_an_offer_in_a_prack_that_cannot_be_taken_is_a_488_and_the_call_goes_on(body: str) -> None:
    """Since nothing of it fits, or since the first is still open."""
    peer = Peer()
    if "m=video" in body:
        call, _, provisional = early_media(peer)
    else:
        call = peer.offered(request(body=SDP, extra=NEEDS))
        call.negotiate = session().negotiate
        call.ring(peer.now)
        peer.take()
        provisional = last_response(peer)
    assert peer.receive(prack(provisional, 2, body)) == ["SIP/2.0 488 Not Acceptable Here"]
    assert peer.run(LIFETIME) == [], "the response itself was acknowledged"
    assert call.unanswered


def theirs(caller: Caller, cseq: int, tag: str = "theirs") -> list[str]:
    """An UPDATE of who is called, with an offer."""
    to = caller.invite.from_.tag
    data = request("UPDATE", branch=f"z9hG4bK{tag}{cseq}", cseq=cseq, to_tag=to, from_tag=tag, body=LATER)
    data = data.replace(b"Call-ID: call-1", b"Call-ID: " + caller.invite.call_id.encode())
    caller.agent.receive(data, CALLEE, OURS, caller.now)
    return caller.take()


def test_who_answered_early_and_reliably_may_offer_again_before_his_200() -> None:
    caller = Caller()
    assert [each.split(" ")[0] for each in reliable(caller, 1, body=SDP)] == ["PRACK"]
    assert caller.media.read_answer(parse_sdp(SDP.encode()))
    assert theirs(caller, 1) == ["SIP/2.0 200 OK"]
    assert isinstance(caller.events[-1], CallReoffered)
    assert caller.media.audio is not None
    assert caller.media.audio.remote_port == 4400
    caller.respond(200)
    assert caller.call.state == "confirmed"
    assert caller.call.moved_on, "there is no answer to be read any more"


def test_an_early_offer_waits_while_another_callee_may_still_answer() -> None:
    caller = Caller()
    reliable(caller, 1, body=SDP)
    caller.respond(180, "other")
    assert theirs(caller, 1) == ["SIP/2.0 491 Request Pending"]
    caller.respond(200, "other", body=SDP)
    assert not caller.call.moved_on


# How long it rings


def test_a_reliable_180_is_said_again_every_two_and_a_half_minutes() -> None:
    peer = Peer()
    call = peer.offered(request(body=SDP, extra=NEEDS))
    call.ring(peer.now)
    peer.take()
    numbers = [int(peer.last().get("RSeq") or 0)]
    for cseq in (2, 3, 4):
        peer.receive(prack(last_response(peer), cseq))
        assert peer.run(peer.now + 149.9) == []
        assert [line for _, line in peer.run(peer.now + 0.2)][:1] == ["SIP/2.0 180 Ringing"]
        numbers.append(int(peer.last().get("RSeq") or 0))
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    assert not [each for _, each in peer.sent if isinstance(parse_datagram(each.data), Request)]
    call.reject(486, peer.now)
    peer.take()
    peer.assert_nothing_left()


def test_early_media_that_was_acknowledged_is_said_again_without_a_description() -> None:
    peer = Peer()
    _, _, provisional = early_media(peer)
    peer.receive(prack(provisional))
    assert [line for _, line in peer.run(150.01)] == ["SIP/2.0 183 Session Progress"]
    assert peer.last().body == b""
