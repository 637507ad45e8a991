"""What a callee may do before he answers, and a fork that lost never; where the password of a call goes."""

from __future__ import annotations

import pytest

from flowlang.sip import Address, CallAnswered, CallEnded, CallProgressed, Credentials, Invitation
from flowlang.sip.message import Request, Response, response_to
from flowlang.sip.parse import parse_datagram
from tests.sip.test_door import ELSEWHERE as MOVED
from tests.sip.test_door import kept, with_password
from tests.sip.test_outgoing import CALLEE, CHALLENGE, OURS, Caller
from tests.sip.wire import LIFETIME, SDP, session

ELSEWHERE = Address("198.51.100.44", 7000)


def inside(caller: Caller, method: str, tag: str, *, cseq: int = 7, more: str = "", body: str = "") -> bytes:
    """A request of the callee, in the dialog of that fork."""
    invite = caller.invite
    return (
        f"{method} sip:me@192.0.2.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK{method}{tag}{cseq}\r\nMax-Forwards: 70\r\n"
        f"From: {invite.headers['To'][0]};tag={tag}\r\nTo: {invite.headers['From'][0]}\r\n"
        f"Call-ID: {invite.call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:desk@192.0.2.2:5062>\r\n{more}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def answer_to(caller: Caller, data: bytes) -> int:
    caller.agent.receive(data, CALLEE, OURS, caller.now)
    caller.take()
    answer = parse_datagram(caller.sent[-1].data)
    assert isinstance(answer, Response)
    return answer.status


OF_A_CALLEE = {
    "BYE": ("", "", 200),
    "REFER": ("Refer-To: <sip:toll@h>\r\n", "", 481),
    "INFO": ("Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n", 481),
    "INVITE": ("Content-Type: application/sdp\r\n", SDP, 481),
    "UPDATE": ("Content-Type: application/sdp\r\n", SDP, 481),
}


@pytest.mark.parametrize("method", OF_A_CALLEE)
def test_a_fork_that_lost_touches_nothing(method: str) -> None:
    caller = Caller()
    for tag in ("one", "two"):
        caller.respond(180, tag)
    caller.respond(200, "one", SDP)
    events = list(caller.events)
    more, body, status = OF_A_CALLEE[method]
    assert answer_to(caller, inside(caller, method, "two", more=more, body=body)) == status
    assert (caller.events, caller.call.state) == (events, "confirmed")
    wanted = 202 if method == "REFER" else 200
    data = inside(caller, method, "one", more=more, body=body)
    caller.agent.receive(data, CALLEE, OURS, caller.now)
    assert any(line.startswith(f"SIP/2.0 {wanted}") for line in caller.take())


def test_the_callee_that_rings_ends_nothing_by_a_bye() -> None:
    caller = Caller()
    caller.respond(180)
    assert answer_to(caller, inside(caller, "BYE", "theirs")) == 481
    caller.respond(200, body=SDP)
    assert [type(event) for event in caller.events] == [CallProgressed, CallAnswered]


def test_a_fork_that_answers_when_the_call_is_over_leaves_nothing() -> None:
    caller = Caller()
    caller.respond(180, "one")
    caller.call.hang_up(caller.now)
    caller.respond(200, "one", SDP)
    bye = parse_datagram(caller.sent[-1].data)
    assert isinstance(bye, Request)
    caller.agent.receive(response_to(bye, 200).encode(), CALLEE, OURS, caller.now)
    caller.respond(200, "two", SDP)
    assert [each.data.split()[0] for each in caller.sent[-2:]] == [b"ACK", b"BYE"]
    assert not caller.agent.calls


def test_the_forks_of_a_call_are_limited() -> None:
    caller = Caller()
    for number in range(100):
        caller.respond(180, f"t{number}")
    assert len(caller.events) == 20
    caller.respond(200, "t99", SDP)
    assert caller.call.state == "confirmed"
    sent = len(caller.sent)
    for number in range(100, 200):
        caller.respond(200, f"t{number}", SDP)
    assert len(caller.sent) - sent <= 2 * 20


def test_who_is_silent_for_three_minutes_after_a_provisional_is_given_up_and_cancelled() -> None:
    caller = Caller()
    caller.respond(180)
    assert caller.run(170.0) == []
    caller.respond(180)
    assert caller.run(350.0) == []
    assert [line.split(" ")[0] for line in caller.run(352.0)][:1] == ["CANCEL"]
    assert caller.events[-1] == CallEnded(caller.call, "timeout", "remote", 408)
    caller.run(360.0 + LIFETIME)
    caller.assert_nothing_left()


def test_a_password_goes_to_the_host_alone_to_which_it_belongs() -> None:
    """The callee names another one by his Contact, who then asks for it."""
    caller = Caller(credentials=Credentials("me", "secret"))
    refusal = response_to(caller.invite, 401, "theirs", headers=[CHALLENGE])
    caller.agent.receive(refusal.encode(), CALLEE, OURS, caller.now)
    caller.take()
    invite = caller.last()
    contact = ("Contact", f"<sip:e@{ELSEWHERE.host}:7000>")
    answer = response_to(invite, 200, "theirs", headers=[contact, ("Content-Type", "application/sdp")])
    answer.body = SDP.encode()
    caller.agent.receive(answer.encode(), CALLEE, OURS, caller.now)
    caller.take()
    assert caller.sent[-1].destination == ELSEWHERE
    assert "Authorization" not in caller.last().headers
    caller.call.hang_up(0.0)
    caller.take()
    bye = parse_datagram(caller.sent[-1].data)
    assert isinstance(bye, Request)
    challenge = response_to(bye, 401, None, headers=[CHALLENGE])
    caller.agent.receive(challenge.encode(), ELSEWHERE, OURS, caller.now)
    assert caller.take() == []
    caller.assert_nothing_left()


def test_a_phone_that_we_called_and_that_has_moved_shows_who_it_is() -> None:
    peer = kept()
    call = peer.agent.invite(
        Invitation("sip:alice@192.0.2.2", "sip:me@office", session().offer()),
        CALLEE,
        OURS,
        0.0,
        account="alice",
    )
    peer.take()
    invite = parse_datagram(peer.sent[0][1].data)
    assert isinstance(invite, Request)
    headers = [("Contact", "<sip:alice@192.0.2.2>"), ("Content-Type", "application/sdp")]
    peer.receive(response_to(invite, 200, "theirs", headers=headers, body=SDP.encode()).encode())
    assert call.state == "confirmed"
    bye = (
        "BYE sip:me@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKbye\r\n"
        "Max-Forwards: 70\r\n"
        f"From: <sip:alice@192.0.2.2>;tag=theirs\r\nTo: {invite.headers['From'][0]}\r\n"
        f"Call-ID: {invite.call_id}\r\nCSeq: 3 BYE\r\nContent-Length: 0\r\n\r\n"
    )
    wrong = bye.replace("z9hG4bKbye", "z9hG4bKwrong").encode()
    assert with_password(peer, wrong, "other", "secret", MOVED)[0].startswith("SIP/2.0 403 ")
    later = bye.replace("CSeq: 3", "CSeq: 5").encode()
    assert "SIP/2.0 200 OK" in with_password(peer, later, "alice", "wonder", MOVED)
    assert call.state == "ended"
