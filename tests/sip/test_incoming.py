"""Calls to us, on virtual time: what the far end does, what we say, and that nothing is left."""

from __future__ import annotations

import pytest

from flowlang.sip import (
    CallConfirmed,
    CallEnded,
    CallOffered,
    InfoReceived,
    InviteRefused,
    Response,
    parse_sdp,
)
from flowlang.sip.message import Request
from tests.sip.wire import LIFETIME, SDP, T1, THERE, Peer, request, session


def ended(peer: Peer) -> list[tuple[str, str]]:
    return [(event.cause, event.by) for event in peer.events if isinstance(event, CallEnded)]


def test_a_call_rings_is_answered_and_hung_up_by_the_caller() -> None:
    peer = Peer()
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 100 Trying"]
    assert peer.last().to.tag is None
    offered = peer.events[0]
    assert isinstance(offered, CallOffered)
    call = offered.call
    assert call.request.uri == "sip:desk@192.0.2.1"
    assert call.ring(0.0)
    assert peer.take() == ["SIP/2.0 180 Ringing"]
    tag = peer.last().to.tag
    assert tag
    assert call.offer is not None
    answer = session().answer(call.offer)
    assert answer is not None
    assert call.answer(answer, 0.0)
    assert peer.take() == ["SIP/2.0 200 OK"]
    ok = peer.last()
    assert ok.to.tag == tag
    assert ok.get("Contact") == "<sip:192.0.2.1:5060>"
    assert "INVITE" in (ok.get("Allow") or "")
    assert ok.body == answer.encode()
    assert peer.receive(request("ACK", branch="z9hG4bKack", to_tag=tag)) == []
    assert peer.events[-1] == CallConfirmed(call, None)
    assert peer.run(10.0) == []
    assert peer.receive(request("BYE", branch="z9hG4bKbye", cseq=2, to_tag=tag)) == ["SIP/2.0 200 OK"]
    assert ended(peer) == [("normal", "remote")]
    assert not call.hang_up(10.0)
    peer.assert_nothing_left()


def test_we_hang_up() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    assert call.hang_up(0.0)
    assert peer.take() == ["BYE sip:caller@192.0.2.2:5062 SIP/2.0"]
    bye = peer.last()
    assert (bye.from_.tag, bye.to.tag, bye.cseq) == (tag, "their", (1, "BYE"))
    assert peer.sent[-1][1].destination == THERE
    assert ended(peer) == [("normal", "local")]
    assert isinstance(bye, Request)
    peer.receive(
        Response(200, "OK", {n: bye.headers[n] for n in ("Via", "From", "To", "Call-ID", "CSeq")}).encode()
    )
    peer.run(5 * LIFETIME)
    assert [line for _, line in peer.run(6 * LIFETIME)] == []
    peer.assert_nothing_left()


def test_a_bye_that_nobody_answers_is_repeated_and_given_up() -> None:
    peer = Peer()
    call, _ = peer.confirmed()
    call.hang_up(0.0)
    peer.take()
    assert len(peer.run(LIFETIME * 2)) == 10
    assert ended(peer) == [("normal", "local")]
    peer.run(2 * LIFETIME)
    peer.assert_nothing_left()


def test_a_bye_that_crosses_ours_is_answered() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    call.hang_up(0.0)
    peer.take()
    assert peer.receive(request("BYE", branch="z9hG4bKbye", cseq=2, to_tag=tag)) == ["SIP/2.0 200 OK"]
    assert len(ended(peer)) == 1
    peer.assert_nothing_left()


def test_cancel_while_ringing_gets_200_and_487() -> None:
    peer = Peer()
    call = peer.offered()
    call.ring(0.0)
    peer.take()
    tag = peer.last().to.tag
    assert peer.receive(request("CANCEL")) == ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    assert peer.last().to.tag == tag
    assert ended(peer) == [("cancelled", "remote")]
    assert not call.ring(0.0)
    assert not call.answer(session().offer(), 0.0)
    assert not call.reject(486, 0.0)
    assert peer.receive(request("ACK", to_tag=tag)) == []
    peer.assert_nothing_left()


def test_cancel_after_the_answer_changes_nothing() -> None:
    peer = Peer()
    call, _ = peer.answered()
    assert peer.receive(request("CANCEL")) == ["SIP/2.0 200 OK"]
    assert call.state == "answered"
    assert ended(peer) == []


def test_cancel_of_nothing_is_481() -> None:
    peer = Peer()
    assert peer.receive(request("CANCEL")) == ["SIP/2.0 481 Call/Transaction Does Not Exist"]
    peer.assert_nothing_left()


def test_a_busy_machine_says_a_200_no_less_often() -> None:
    peer = Peer()
    peer.answered()
    answers = 0
    while peer.now < 63 * T1:  # it is our turn every T1/2 only, and late
        peer.now += 0.55 * T1
        peer.agent.tick(peer.now)
        answers += sum(line.startswith("SIP/2.0 200") for line in peer.take())
    assert answers == 10, "at 1, 3, 7, then every 8*T1 up to 63*T1"


def test_a_lost_200_is_repeated_until_the_ack() -> None:
    peer = Peer()
    _, tag = peer.answered()
    assert [time for time, _ in peer.run(7 * T1)] == pytest.approx([T1, 3 * T1, 7 * T1])
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=tag))
    assert isinstance(peer.events[-1], CallConfirmed)
    assert peer.run(LIFETIME) == []


def test_without_an_ack_the_call_ends_by_bye() -> None:
    peer = Peer()
    peer.answered()
    seen = peer.run(LIFETIME)
    assert seen[-1] == (LIFETIME, "BYE sip:caller@192.0.2.2:5062 SIP/2.0")
    assert [line for _, line in seen[:-1]] == ["SIP/2.0 200 OK"] * 10  # T1, 2, 4, then every T2
    assert ended(peer) == [("no_ack", "local")]
    peer.assert_nothing_left()


def test_no_bye_before_the_ack() -> None:
    peer = Peer()
    call, tag = peer.answered()
    assert call.hang_up(0.0)
    assert peer.take() == []
    assert ended(peer) == [("normal", "local")]
    assert peer.receive(request("ACK", branch="z9hG4bKack", to_tag=tag)) == [
        "BYE sip:caller@192.0.2.2:5062 SIP/2.0"
    ]
    assert len(ended(peer)) == 1
    peer.assert_nothing_left()


def test_a_hang_up_whose_ack_never_comes_still_sends_its_bye() -> None:
    peer = Peer()
    call, _ = peer.answered()
    call.hang_up(0.0)
    assert peer.run(LIFETIME)[-1][1].startswith("BYE ")
    assert ended(peer) == [("normal", "local")]
    peer.assert_nothing_left()


def test_a_repeated_invite_makes_no_second_call() -> None:
    peer = Peer()
    call = peer.offered()
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 100 Trying"]
    call.ring(0.0)
    peer.take()
    assert peer.receive(request(body=SDP)) == ["SIP/2.0 180 Ringing"]
    answer = session().negotiate(call.offer)
    assert answer is not None
    call.answer(answer, 0.0)
    peer.take()
    assert peer.receive(request(body=SDP)) == []
    assert len([event for event in peer.events if isinstance(event, CallOffered)]) == 1


def test_the_same_request_by_another_path_is_482() -> None:
    peer = Peer()
    peer.offered()
    assert peer.receive(request(body=SDP, branch="z9hG4bKother")) == ["SIP/2.0 482 Loop Detected"]


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE"])
def test_a_request_for_no_dialog_is_481(method: str) -> None:
    peer = Peer()
    for tag in (None, "nobody"):
        branch = f"z9hG4bK{tag}"
        assert peer.receive(request(method, to_tag=tag, branch=branch)) == [
            "SIP/2.0 481 Call/Transaction Does Not Exist"
        ]
    peer.assert_nothing_left()


def test_all_three_names_of_a_dialog_must_match() -> None:
    peer = Peer()
    _, tag = peer.confirmed()
    for number, wrong in enumerate(({"to_tag": "x"}, {"from_tag": "x"}, {"call_id": "x"})):
        data = request("BYE", cseq=9, branch=f"z9hG4bK{number}", **{"to_tag": tag, **wrong})  # type: ignore[arg-type]
        assert peer.receive(data) == ["SIP/2.0 481 Call/Transaction Does Not Exist"]
    assert ended(peer) == []


def test_no_hops_left_is_483() -> None:
    peer = Peer()
    data = request(body=SDP).replace(b"Max-Forwards: 70", b"Max-Forwards: 0")
    assert peer.receive(data) == ["SIP/2.0 483 Too Many Hops"]


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("MESSAGE", 405),
        ("SUBSCRIBE", 405),
        ("REFER", 403),
        ("FROBNICATE", 501),
        ("REGISTER", 403),
    ],
)
def test_methods_that_we_do_not_do(method: str, status: int) -> None:
    peer = Peer()
    assert peer.receive(request(method))[0].startswith(f"SIP/2.0 {status} ")
    assert ("Allow" in peer.last().headers) == (status != 403)
    peer.assert_nothing_left()


@pytest.mark.parametrize(
    ("change", "status", "header"),
    [
        ((b"sip:desk@192.0.2.1 ", b"news:desk "), 416, None),
        ((b"Contact:", b"Require: precondition\r\nContact:"), 420, "Unsupported"),
        ((b"application/sdp", b"application/isup"), 415, "Accept"),
        ((b"Contact:", b"Accept: text/plain\r\nContact:"), 406, None),
        ((b"Contact:", b"Content-Encoding: gzip\r\nContact:"), 415, "Accept-Encoding"),
        ((b"v=0", b"v=1"), 400, None),
        ((b"SIP/2.0\r\n", b"SIP/2.1\r\n"), 505, None),
    ],
)
def test_an_invite_is_judged_before_it_is_offered(
    change: tuple[bytes, bytes], status: int, header: str | None
) -> None:
    peer = Peer()
    assert peer.receive(request(body=SDP).replace(*change, 1))[-1].startswith(f"SIP/2.0 {status} ")
    told = [(type(event), event.status) for event in peer.events if isinstance(event, InviteRefused)]
    readable = status != 505
    assert told == [(InviteRefused, status)] * readable
    assert len(peer.events) == readable
    assert header is None or header in peer.last().headers
    peer.assert_nothing_left()


def test_a_body_that_may_be_ignored_is_ignored() -> None:
    peer = Peer()
    data = request(body="x", extra="Content-Disposition: session;handling=optional\r\n")
    call = peer.offered(data.replace(b"application/sdp", b"text/plain"))
    assert call.offer is None


def test_options_is_answered_in_and_out_of_a_call() -> None:
    peer = Peer()
    _, tag = peer.confirmed()
    for to_tag, cseq in ((None, 5), (tag, 6)):
        data = request("OPTIONS", to_tag=to_tag, cseq=cseq, branch=f"z9hG4bK{cseq}", from_tag="their")
        assert peer.receive(data) == ["SIP/2.0 200 OK"]
        assert {"Allow", "Accept", "Supported"} <= set(peer.last().headers)
        assert peer.last().to.tag


def test_the_cseq_of_a_dialog_rises() -> None:
    peer = Peer()
    _, tag = peer.confirmed()
    assert peer.receive(request("INFO", cseq=7, to_tag=tag, branch="z9hG4bK7")) == ["SIP/2.0 200 OK"]
    for number in (7, 6, 1):
        line = peer.receive(request("INFO", cseq=number, to_tag=tag, branch=f"z9hG4bKx{number}"))
        assert line == ["SIP/2.0 500 CSeq out of order"]
    assert len([event for event in peer.events if isinstance(event, InfoReceived)]) == 1


def test_info_is_told_with_its_body() -> None:
    peer = Peer()
    call, tag = peer.confirmed()
    data = request("INFO", cseq=2, to_tag=tag, branch="z9hG4bK7", body="Signal=5\r\n")
    assert peer.receive(data.replace(b"application/sdp", b"application/dtmf-relay")) == ["SIP/2.0 200 OK"]
    assert peer.events[-1] == InfoReceived(call, "application/dtmf-relay", b"Signal=5\r\n")


def test_ringing_is_repeated_every_minute() -> None:
    peer = Peer()
    call = peer.offered()
    call.ring(0.0)
    peer.take()
    assert peer.run(190.0) == [
        (60.0, "SIP/2.0 180 Ringing"),
        (120.0, "SIP/2.0 180 Ringing"),
        (180.0, "SIP/2.0 180 Ringing"),
    ]
    call.reject(486, peer.now)
    peer.take()
    peer.receive(request("ACK", to_tag="x"))
    assert peer.run(400.0) == []
    peer.assert_nothing_left()


def test_early_media_is_a_183_with_sdp() -> None:
    peer = Peer()
    call = peer.offered()
    assert call.offer is not None
    sdp = session().answer(call.offer)
    assert sdp is not None
    call.progress(sdp, 0.0)
    assert peer.take() == ["SIP/2.0 183 Session Progress"]
    assert peer.last().body == sdp.encode()


def test_nothing_provisional_follows_a_final() -> None:
    peer = Peer()
    call, _ = peer.answered()
    assert not call.ring(0.0)
    assert not call.progress(session().offer(), 0.0)
    assert peer.take() == []


@pytest.mark.parametrize(
    ("status", "cause"),
    [(486, "busy"), (603, "rejected"), (480, "no_answer"), (302, "redirected"), (500, "failed")],
)
def test_a_rejection_is_repeated_until_its_ack(status: int, cause: str) -> None:
    peer = Peer()
    call = peer.offered()
    assert call.reject(status, 0.0, headers=[("Contact", "<sip:other@192.0.2.9>")] if status == 302 else [])
    assert peer.take()[0].startswith(f"SIP/2.0 {status} ")
    assert len(peer.run(3.5 * T1)) == 2
    peer.receive(request("ACK", to_tag=peer.last().to.tag))
    assert peer.run(LIFETIME) == []
    assert ended(peer) == [(cause, "local")]
    peer.assert_nothing_left()


@pytest.mark.parametrize(
    ("cause", "status"), [("normal", 603), ("no_answer", 480), ("failed", 500), ("busy", 486)]
)
def test_hanging_up_an_unanswered_call_refuses_it(cause: str, status: int) -> None:
    peer = Peer()
    call = peer.offered()
    assert call.hang_up(0.0, cause)  # type: ignore[arg-type]
    assert peer.take()[0].startswith(f"SIP/2.0 {status} ")


def test_a_reason_cannot_smuggle_a_header() -> None:
    peer = Peer()
    call = peer.offered()
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        call.reject(486, 0.0, reason="Busy\r\nX: y")
    with pytest.raises(ValueError, match="from 300 to 699"):
        call.reject(200, 0.0)
    assert peer.take() == []
    assert call.reject(486, 0.0)  # nothing had changed


def test_a_late_offer_is_ours_and_its_answer_comes_in_the_ack() -> None:
    peer = Peer()
    call = peer.offered(request())
    assert call.offer is None
    media = session()
    call.answer(media.offer(), 0.0)
    peer.take()
    tag = peer.last().to.tag
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=tag, body=SDP))
    confirmed = peer.events[-1]
    assert isinstance(confirmed, CallConfirmed)
    assert confirmed.answer == parse_sdp(SDP.encode())
    assert confirmed.answer is not None
    assert not media.read_answer(parse_sdp(SDP.encode().replace(b"audio 4000", b"audio 0")))
    assert media.read_answer(confirmed.answer)


@pytest.mark.parametrize("body", ["", "nonsense"])
def test_a_late_offer_without_an_answer_ends_the_call(body: str) -> None:
    peer = Peer()
    call = peer.offered(request())
    call.answer(session().offer(), 0.0)
    peer.take()
    ack = request("ACK", branch="z9hG4bKack", to_tag=peer.last().to.tag, body=body)
    assert peer.receive(ack) == ["BYE sip:caller@192.0.2.2:5062 SIP/2.0"]
    assert ended(peer) == [("not_acceptable", "local")]
    peer.assert_nothing_left()


def test_a_caller_whose_cancel_crosses_our_late_offer_owes_it_no_answer() -> None:
    peer = Peer()
    call = peer.offered(request())
    call.answer(session().offer(), 0.0)
    peer.take()
    tag = peer.last().to.tag
    assert peer.receive(request("CANCEL")) == ["SIP/2.0 200 OK"]
    assert ended(peer) == []
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=tag))
    assert ended(peer) == [("normal", "remote")]
    assert peer.receive(request("BYE", branch="z9hG4bKbye", cseq=2, to_tag=tag)) == ["SIP/2.0 200 OK"]
    assert ended(peer) == [("normal", "remote")]
    peer.assert_nothing_left()


def test_a_bye_before_the_answer_ends_the_invite_too() -> None:
    peer = Peer()
    call = peer.offered()
    call.ring(0.0)
    peer.take()
    tag = peer.last().to.tag
    data = request("BYE", cseq=2, branch="z9hG4bKbye", to_tag=tag)
    assert peer.receive(data) == ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    assert ended(peer) == [("cancelled", "remote")]
    peer.assert_nothing_left()
