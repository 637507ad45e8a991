"""Reliable provisional responses and PRACK, RFC 3262."""

from __future__ import annotations

import pytest

from flowlang.sip import CallConfirmed, CallEnded, CallProgressed, IncomingCall, parse_sdp
from flowlang.sip.message import Request, Response, response_to
from flowlang.sip.parse import parse_datagram
from tests.sip.test_outgoing import CALLEE, OURS, Caller
from tests.sip.wire import LIFETIME, SDP, T1, Peer, request, session

NEEDS = "Require: 100rel\r\n"


# We are called


def ringing(peer: Peer) -> tuple[IncomingCall, Response]:
    call = peer.offered(request(body=SDP, extra=NEEDS))
    assert call.ring(peer.now)
    peer.take()
    provisional = peer.last()
    assert isinstance(provisional, Response)
    return call, provisional


def prack(provisional: Response, cseq: int = 2, *, off: int = 0) -> bytes:
    number = int(provisional.get("RSeq") or 0) + off
    extra = f"RAck: {number} 1 INVITE\r\n"
    return request("PRACK", branch=f"z9hG4bKp{cseq}", to_tag=provisional.to.tag, cseq=cseq, extra=extra)


def answer(peer: Peer, call: IncomingCall) -> None:
    assert call.offer is not None
    described = session().answer(call.offer)
    assert described is not None
    assert call.answer(described, peer.now)


def test_a_180_is_repeated_until_its_prack() -> None:
    peer = Peer()
    _, provisional = ringing(peer)
    assert (provisional.status, provisional.get("Require")) == (180, "100rel")
    assert [at for at, _ in peer.run(4 * T1)] == pytest.approx([T1, 3 * T1])
    assert peer.receive(prack(provisional)) == ["SIP/2.0 200 OK"]
    assert peer.run(LIFETIME) == []


def test_a_prack_of_nothing_is_refused() -> None:
    peer = Peer()
    _, provisional = ringing(peer)
    assert peer.receive(prack(provisional, off=1))[0].startswith("SIP/2.0 481")
    assert peer.receive(request("PRACK", branch="z9hG4bKx", call_id="other"))[0].startswith("SIP/2.0 481")


def test_the_200_waits_for_the_prack() -> None:
    peer = Peer()
    call, provisional = ringing(peer)
    answer(peer, call)
    assert peer.take() == []
    assert peer.receive(prack(provisional)) == ["SIP/2.0 200 OK", "SIP/2.0 200 OK"]
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=provisional.to.tag))
    assert isinstance(peer.events[-1], CallConfirmed)


def test_without_a_prack_the_call_is_refused() -> None:
    peer = Peer()
    call, _ = ringing(peer)
    answer(peer, call)
    assert peer.run(LIFETIME)[-1][1].startswith("SIP/2.0 504")
    assert [(each.cause, each.status) for each in peer.events if isinstance(each, CallEnded)] == [
        ("no_ack", 504)
    ]
    peer.assert_nothing_left()


@pytest.mark.parametrize("who", ["caller", "we"])
def test_a_call_ended_before_the_prack_is_refused_and_never_gets_a_bye(who: str) -> None:
    peer = Peer()
    call, _ = ringing(peer)
    answer(peer, call)
    if who == "we":
        assert call.hang_up(peer.now)
        lines = peer.take()
    else:
        lines = peer.receive(request("CANCEL"))
    assert lines[-1].startswith("SIP/2.0 603" if who == "we" else "SIP/2.0 487")
    assert len([each for each in peer.events if isinstance(each, CallEnded)]) == 1
    peer.assert_nothing_left()


def test_a_second_provisional_waits_for_the_prack_of_the_first() -> None:
    peer = Peer()
    call, provisional = ringing(peer)
    assert call.offer is not None
    described = session().answer(call.offer)
    assert described is not None
    assert call.progress(described, peer.now)
    assert peer.take() == []
    assert peer.receive(prack(provisional)) == ["SIP/2.0 183 Session Progress", "SIP/2.0 200 OK"]


def test_a_reliable_180_to_a_late_offer_has_our_offer_and_the_prack_its_answer() -> None:
    peer = Peer()
    call = peer.offered(request(extra="Require: 100rel\r\n"))
    media = session()
    assert call.owes_offer
    assert call.ring(peer.now, media.offer())
    assert not call.owes_offer
    peer.take()
    provisional = peer.last()
    assert isinstance(provisional, Response)
    assert provisional.body.startswith(b"v=0")
    data = prack(provisional).replace(
        b"Content-Length: 0\r\n\r\n",
        f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}".encode(),
    )
    assert SDP.encode() in data
    assert peer.receive(data) == ["SIP/2.0 200 OK"]
    assert call.answer(media.offer(), peer.now)
    peer.take()
    assert (peer.last().status, peer.last().body) == (200, b"")  # type: ignore[union-attr]
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=provisional.to.tag))
    assert peer.events[-1] == CallConfirmed(call, parse_sdp(SDP.encode()))


def test_a_late_offer_that_the_prack_does_not_answer_is_made_again_in_the_200() -> None:
    peer = Peer()
    call = peer.offered(request(extra="Require: 100rel\r\n"))
    media = session()
    assert call.owes_offer
    assert call.ring(peer.now, media.offer())
    assert not call.owes_offer
    peer.take()
    provisional = peer.last()
    peer.receive(prack(provisional))  # type: ignore[arg-type]
    assert call.answer(media.offer(), peer.now)
    peer.take()
    assert peer.last().body.startswith(b"v=0")


# We call


def reliable(caller: Caller, number: int, tag: str = "theirs", body: str = "") -> list[str]:
    headers = [
        ("Contact", f"<sip:desk-{tag}@192.0.2.2:5062>"),
        ("Require", "100rel"),
        ("RSeq", str(number)),
        *([("Content-Type", "application/sdp")] if body else []),
    ]
    response = response_to(caller.invite, 183, tag, headers=headers, body=body.encode())
    caller.agent.receive(response.encode(), CALLEE, OURS, caller.now)
    return [line.split(" ")[0] for line in caller.take()]


def test_each_reliable_response_is_acknowledged_once_and_in_order() -> None:
    caller = Caller()
    assert "100rel" in (caller.invite.get("Supported") or "")
    assert reliable(caller, 7, body=SDP) == ["PRACK"]
    message = parse_datagram(caller.sent[-1].data)
    assert isinstance(message, Request)
    assert (message.get("RAck"), message.cseq) == ("7 1 INVITE", (2, "PRACK"))
    assert reliable(caller, 7, body=SDP) == [], "repeated"
    assert reliable(caller, 9) == [], "one is missing"
    assert reliable(caller, 8) == ["PRACK"]
    assert reliable(caller, 3, "other") == ["PRACK"], "another fork has numbers of its own"
    assert len([each for each in caller.events if isinstance(each, CallProgressed)]) == 3
    assert caller.respond(200, body=SDP) == ["ACK sip:desk-theirs@192.0.2.2:5062 SIP/2.0"]
    assert caller.last().cseq == (1, "ACK")
    caller.call.hang_up(0.0)
    caller.take()
    assert caller.last().cseq == (4, "BYE")


def test_a_call_without_an_offer_does_not_ask_for_reliability() -> None:
    assert "100rel" not in (Caller(offer=False).invite.get("Supported") or "")
