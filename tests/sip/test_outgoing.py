"""Calls of ours, on virtual time."""

from __future__ import annotations

import pytest

from flowlang.sip import (
    Address,
    CallAnswered,
    CallEnded,
    CallForked,
    CallProgressed,
    Credentials,
    DigestClient,
    Event,
    Invitation,
    OutgoingCall,
    Send,
    parse_sdp,
    reason_header,
)
from flowlang.sip.message import Request, response_to
from flowlang.sip.parse import parse_datagram
from tests.sip.wire import HERE, LIFETIME, SDP, THERE, make_agent, session

OURS = HERE
CALLEE = THERE


class Caller:
    """An agent that calls, and us as the callee."""

    def __init__(self, offer: bool = True, credentials: Credentials | None = None) -> None:
        self.agent = make_agent()
        self.now = 0.0
        self.events: list[Event] = []
        self.sent: list[Send] = []
        self.media = session()
        self.call: OutgoingCall = self.agent.invite(
            Invitation(
                "sip:desk@192.0.2.2",
                '"A \\"b\\"" <sip:me@192.0.2.1>',
                self.media.offer() if offer else None,
                headers=(("subject", "hello"),),
            ),
            CALLEE,
            OURS,
            0.0,
            digest=None if credentials is None else DigestClient(credentials),
        )
        self.call.negotiate = self.media.negotiate
        assert self.take() == ["INVITE sip:desk@192.0.2.2 SIP/2.0"]
        invite = parse_datagram(self.sent[0].data)
        assert isinstance(invite, Request)
        self.invite = invite

    def take(self) -> list[str]:
        lines: list[str] = []
        for output in self.agent.drain():
            if isinstance(output, Send):
                self.sent.append(output)
                lines.append(output.data.split(b"\r\n", 1)[0].decode())
            else:
                self.events.append(output)
        return lines

    def respond(
        self, status: int, tag: str | None = "theirs", body: str = "", to: Request | None = None
    ) -> list[str]:
        headers = [("Contact", f"<sip:desk-{tag}@192.0.2.2:5062>")]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        response = response_to(to or self.invite, status, tag, headers=headers, body=body.encode())
        self.agent.receive(response.encode(), CALLEE, OURS, self.now)
        return self.take()

    def run(self, until: float) -> list[str]:
        lines: list[str] = []
        while (at := self.agent.next_deadline()) is not None and at <= until:
            self.now = at
            self.agent.tick(at)
            lines += self.take()
        self.now = until
        return lines

    def last(self) -> Request:
        message = parse_datagram(self.sent[-1].data)
        assert isinstance(message, Request)
        return message

    def assert_nothing_left(self) -> None:
        self.run(self.now + 2 * LIFETIME)
        assert (len(self.agent.transactions), len(self.agent.calls), len(self.agent.timers)) == (0, 0, 0)


def test_an_answered_call_is_acknowledged_again_for_each_200() -> None:
    caller = Caller()
    assert caller.invite.get("Subject") == "hello"
    assert caller.invite.from_.display == 'A "b"'
    assert caller.respond(100, None) == []
    assert caller.events == []
    caller.respond(180)
    assert caller.respond(200, body=SDP) == ["ACK sip:desk-theirs@192.0.2.2:5062 SIP/2.0"]
    ack = caller.last()
    assert (ack.cseq, ack.to.tag, ack.via.branch != caller.invite.via.branch) == ((1, "ACK"), "theirs", True)
    assert caller.events == [
        CallProgressed(caller.call, 180, None),
        CallAnswered(caller.call, parse_sdp(SDP.encode())),
    ]
    first = caller.sent[-1]
    assert caller.respond(200, body=SDP) == ["ACK sip:desk-theirs@192.0.2.2:5062 SIP/2.0"]
    assert caller.sent[-1] == first
    assert caller.call.hang_up(0.0)
    assert caller.take() == ["BYE sip:desk-theirs@192.0.2.2:5062 SIP/2.0"]
    assert caller.last().cseq == (2, "BYE")
    caller.respond(200, to=caller.last())
    caller.assert_nothing_left()


def test_who_was_called_by_a_name_goes_on_from_any_address_of_it() -> None:
    caller = Caller()
    caller.call.hosts = frozenset({"198.51.100.8"})
    caller.respond(200, body=SDP)
    assert caller.call.dialog is not None
    bye = (
        "BYE sip:me@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.8;branch=z9hG4bKbye{0}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:desk@192.0.2.2>;tag=theirs\r\n"
        f"To: <sip:me@192.0.2.1>;tag={caller.call.dialog.local_tag}\r\nCall-ID: {caller.call.call_id}\r\n"
        "CSeq: {0} BYE\r\nContent-Length: 0\r\n\r\n"
    )
    for number, host, status in ((1, "198.51.100.9", 403), (2, "198.51.100.8", 200)):
        caller.agent.receive(bye.format(number).encode(), Address(host, 5060), OURS, 0.0)
        assert caller.take()[0].split()[1] == str(status)


@pytest.mark.parametrize(
    ("status", "cause"),
    [(486, "busy"), (603, "rejected"), (480, "no_answer"), (404, "not_found"), (503, "failed")],
)
def test_a_refusal_is_acknowledged_and_told_once(status: int, cause: str) -> None:
    caller = Caller()
    for _ in range(2):
        assert caller.respond(status) == ["ACK sip:desk@192.0.2.2 SIP/2.0"]
    ack = caller.last()
    assert (ack.via.branch, ack.to.tag) == (caller.invite.via.branch, "theirs")
    assert caller.events == [CallEnded(caller.call, cause, "remote", status)]  # type: ignore[arg-type]
    caller.assert_nothing_left()


def test_silence_is_a_timeout() -> None:
    caller = Caller()
    assert len(caller.run(LIFETIME)) == 6
    assert caller.events == [CallEnded(caller.call, "timeout", "remote", 408)]
    caller.assert_nothing_left()


def test_cancel_waits_for_a_provisional() -> None:
    caller = Caller()
    assert caller.call.hang_up(0.0)
    assert caller.take() == []
    assert caller.events == [CallEnded(caller.call, "cancelled", "local")]
    assert caller.respond(100, None) == ["CANCEL sip:desk@192.0.2.2 SIP/2.0"]
    cancel = caller.last()
    assert cancel.headers["Via"] == caller.invite.headers["Via"]
    assert cancel.cseq == (1, "CANCEL")
    caller.respond(200, to=cancel)
    assert caller.respond(487) == ["ACK sip:desk@192.0.2.2 SIP/2.0"]
    assert len(caller.events) == 1
    caller.assert_nothing_left()


def test_a_cancel_that_nobody_answers_is_over_after_64_t1() -> None:
    caller = Caller()
    caller.respond(180)
    caller.call.hang_up(0.0)
    caller.run(LIFETIME)
    assert len(caller.agent.calls) == 0
    caller.assert_nothing_left()


def test_a_200_that_crosses_our_cancel_gets_ack_and_bye() -> None:
    caller = Caller()
    caller.respond(180)
    caller.call.hang_up(0.0)
    assert caller.take() == ["CANCEL sip:desk@192.0.2.2 SIP/2.0"]
    assert [line.split(" ")[0] for line in caller.respond(200, body=SDP)] == ["ACK", "BYE"]
    assert [type(event) for event in caller.events] == [CallProgressed, CallEnded]
    assert [line.split(" ")[0] for line in caller.respond(200, body=SDP)] == ["ACK"]
    caller.assert_nothing_left()


def test_a_late_offer_that_crosses_our_cancel_is_answered_before_the_bye() -> None:
    caller = Caller(offer=False)
    caller.respond(180)
    caller.call.hang_up(0.0)
    caller.take()
    assert [line.split(" ")[0] for line in caller.respond(200, body=SDP)] == ["ACK", "BYE"]
    ack = parse_datagram(caller.sent[-2].data)
    assert parse_sdp(ack.body).media[0].port == 5004
    assert [event.cause for event in caller.events if isinstance(event, CallEnded)] == ["cancelled"]
    caller.assert_nothing_left()


def test_a_200_of_another_fork_is_seen_and_gets_ack_and_bye() -> None:
    caller = Caller()
    caller.respond(180, "one")
    caller.respond(180, "two")
    caller.respond(200, "one", SDP)
    lines = caller.respond(200, "two", SDP)
    assert lines == ["ACK sip:desk-two@192.0.2.2:5062 SIP/2.0", "BYE sip:desk-two@192.0.2.2:5062 SIP/2.0"]
    forked = caller.events[-1]
    assert isinstance(forked, CallForked)
    assert forked.response.to.tag == "two"
    assert caller.call.state == "confirmed"
    assert caller.respond(200, "two", SDP) == ["ACK sip:desk-two@192.0.2.2:5062 SIP/2.0"]
    caller.call.hang_up(0.0)
    caller.assert_nothing_left()


def test_early_media_stands_in_for_a_200_without_sdp() -> None:
    caller = Caller()
    caller.respond(183, body=SDP)
    caller.respond(200)
    assert caller.events[-1] == CallAnswered(caller.call, parse_sdp(SDP.encode()))


def test_a_callee_s_offer_is_answered_in_the_ack() -> None:
    caller = Caller(offer=False)
    assert caller.invite.body == b""
    caller.respond(200, body=SDP)
    assert parse_sdp(caller.last().body).media[0].port == 5004
    assert isinstance(caller.events[-1], CallAnswered)


def test_a_callee_s_offer_that_does_not_fit_ends_the_call() -> None:
    caller = Caller(offer=False)
    lines = caller.respond(200, body=SDP.replace("m=audio", "m=video"))
    assert [line.split(" ")[0] for line in lines] == ["ACK", "BYE"]
    assert caller.events == [CallEnded(caller.call, "not_acceptable", "local")]
    caller.assert_nothing_left()


def test_the_route_of_a_2xx_is_reversed() -> None:
    caller = Caller()
    headers = [
        ("Contact", "<sip:desk@phone.example>"),
        ("Record-Route", "<sip:192.0.2.8;lr>, <sip:192.0.2.7;lr>"),
    ]
    response = response_to(
        caller.invite, 200, "theirs", headers=[*headers, ("Content-Type", "application/sdp")]
    )
    response.body = SDP.encode()
    caller.agent.receive(response.encode(), CALLEE, OURS, 0.0)
    assert caller.take() == ["ACK sip:desk@phone.example SIP/2.0"]
    assert caller.last().members("Route") == ["<sip:192.0.2.7;lr>", "<sip:192.0.2.8;lr>"]
    assert caller.sent[-1].destination == Address("192.0.2.7", 5060)


@pytest.mark.parametrize("caller", ["sip:a b@c", "nonsense", "<sip:a@b>\r\nX: y"])
def test_an_address_that_is_none_is_refused(caller: str) -> None:
    with pytest.raises(ValueError, match="Malformed"):
        make_agent().invite(Invitation("sip:desk@192.0.2.2", caller), CALLEE, OURS, 0.0)
    with pytest.raises(ValueError, match="Malformed"):
        make_agent().invite(Invitation(caller, "sip:a@b"), CALLEE, OURS, 0.0)


def test_a_target_cannot_carry_headers() -> None:
    with pytest.raises(ValueError, match="header"):
        make_agent().invite(Invitation("sip:a@b?Route=x", "sip:a@b"), CALLEE, OURS, 0.0)


CHALLENGE = ("WWW-Authenticate", 'Digest realm="carrier", nonce="n1", qop="auth", algorithm=SHA-256')


def challenged(
    caller: Caller, status: int = 401, name: str = "WWW-Authenticate", nonce: str = "n1"
) -> list[str]:
    value = CHALLENGE[1].replace("n1", nonce)
    response = response_to(caller.invite, status, "theirs", headers=[(name, value)])
    caller.agent.receive(response.encode(), CALLEE, OURS, caller.now)
    return caller.take()


@pytest.mark.parametrize(
    ("status", "asks", "answers"),
    [
        (401, "WWW-Authenticate", "Authorization"),
        (407, "Proxy-Authenticate", "Proxy-Authorization"),
    ],
)
def test_a_challenge_is_answered_in_the_same_call(status: int, asks: str, answers: str) -> None:
    caller = Caller(credentials=Credentials("me", "secret"))
    assert [line.split(" ")[0] for line in challenged(caller, status, asks)] == ["ACK", "INVITE"]
    again = caller.last()
    assert (again.cseq, again.call_id, again.from_.tag) == (
        (2, "INVITE"),
        caller.invite.call_id,
        caller.invite.from_.tag,
    )
    assert again.via.branch != caller.invite.via.branch
    assert again.body == caller.invite.body
    assert answers in again.headers
    caller.invite = again
    caller.respond(180)
    assert caller.respond(200, body=SDP) == ["ACK sip:desk-theirs@192.0.2.2:5062 SIP/2.0"]
    assert caller.last().cseq == (2, "ACK")
    assert answers in caller.last().headers, "RFC 3261 section 13.2.2.4"
    caller.call.hang_up(0.0)
    caller.take()
    assert caller.last().cseq == (3, "BYE")
    caller.respond(200, to=caller.last())
    caller.assert_nothing_left()


def test_a_wrong_password_is_told_once() -> None:
    caller = Caller(credentials=Credentials("me", "wrong"))
    challenged(caller)
    caller.invite = caller.last()
    assert [line.split(" ")[0] for line in challenged(caller, nonce="n2")] == ["ACK"]
    assert caller.events == [CallEnded(caller.call, "failed", "remote", 401)]
    caller.assert_nothing_left()


def test_nobody_without_a_password_answers_a_challenge() -> None:
    caller = Caller()
    assert [line.split(" ")[0] for line in challenged(caller)] == ["ACK"]
    assert caller.events == [CallEnded(caller.call, "failed", "remote", 401)]
    caller.assert_nothing_left()


def test_a_call_given_up_meanwhile_is_not_tried_again() -> None:
    caller = Caller(credentials=Credentials("me", "secret"))
    caller.call.hang_up(0.0)
    assert [line.split(" ")[0] for line in challenged(caller)] == ["ACK"]
    assert caller.events == [CallEnded(caller.call, "cancelled", "local")]
    caller.assert_nothing_left()


def test_after_a_challenge_no_cancel_goes_out_before_a_provisional() -> None:
    caller = Caller(credentials=Credentials("me", "secret"))
    caller.respond(183)
    challenged(caller)
    caller.call.hang_up(0.0)
    assert caller.take() == []
    caller.invite = caller.last()
    assert [line.split(" ")[0] for line in caller.respond(100, None)] == ["CANCEL"]
    assert caller.last().cseq == (2, "CANCEL")
    caller.respond(487)
    caller.assert_nothing_left()


def test_a_challenged_bye_is_sent_again_with_the_password() -> None:
    caller = Caller(credentials=Credentials("me", "secret"))
    caller.respond(200, body=SDP)
    caller.call.hang_up(0.0)
    caller.take()
    bye = caller.last()
    refusal = response_to(bye, 401, None, headers=[CHALLENGE])
    caller.agent.receive(refusal.encode(), CALLEE, OURS, caller.now)
    assert [line.split(" ")[0] for line in caller.take()] == ["BYE"]
    assert caller.last().cseq == (3, "BYE")
    assert "Authorization" in caller.last().headers
    caller.respond(200, to=caller.last())
    caller.assert_nothing_left()


def test_a_cancel_says_why() -> None:
    caller = Caller()
    caller.respond(180)
    caller.call.hang_up(0.0, headers=(reason_header(200, "Call completed elsewhere"),))
    caller.take()
    assert caller.last().get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
    caller.respond(487)
    caller.assert_nothing_left()


def test_a_call_has_as_many_hops_left_as_it_is_given() -> None:
    agent = make_agent()
    invitation = Invitation("sip:desk@192.0.2.2", "sip:me@192.0.2.1", max_forwards=3)
    agent.invite(invitation, CALLEE, OURS, 0.0)
    (sent,) = agent.drain()
    assert isinstance(sent, Send)
    message = parse_datagram(sent.data)
    assert message.max_forwards == 3
