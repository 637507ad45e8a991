"""REFER inside a call, both ways (RFC 3515)."""

from __future__ import annotations

import pytest

from flowlang.sip import Credentials, TransferAnswered, TransferAsked
from flowlang.sip.message import Request, response_to
from flowlang.sip.parse import parse_datagram
from tests.sip.test_outgoing import CALLEE, OURS, Caller
from tests.sip.wire import SDP, Peer, request


def refer(
    tag: str, cseq: int = 2, extra: str = "Refer-To: <sip:carol@192.0.2.9:5070;transport=tcp>\r\n"
) -> bytes:
    return request("REFER", branch=f"z9hG4bKr{cseq}", to_tag=tag, cseq=cseq, extra=extra)


def status_lines(lines: list[str]) -> list[str]:
    return [line.split(" ", 1)[1] if line.startswith("SIP") else line.split(" ")[0] for line in lines]


def sent_requests(phone: Peer, method: str) -> list[Request]:
    parsed = [parse_datagram(send.data) for _, send in phone.sent]
    return [each for each in parsed if isinstance(each, Request) and each.method == method]


def test_who_asks_is_told_at_once_and_at_the_end() -> None:
    phone = Peer()
    call, tag = phone.confirmed()
    assert status_lines(phone.receive(refer(tag))) == ["202 Accepted", "NOTIFY"]
    assert phone.events[-1] == TransferAsked(call, "sip:carol@192.0.2.9:5070;transport=tcp", None)
    assert call.report_transfer(486, phone.now)
    phone.take()
    first, last = sent_requests(phone, "NOTIFY")
    assert first.body == b"SIP/2.0 100 Trying\r\n"
    assert first.get("Subscription-State") == "active;expires=180"
    assert last.body == b"SIP/2.0 486 Busy Here\r\n"
    assert last.get("Subscription-State") == "terminated;reason=noresource"
    assert first.get("Event") == last.get("Event") == "refer;id=2"
    assert not call.report_transfer(200, phone.now), "it is over"


def test_an_attended_transfer_names_the_dialog() -> None:
    phone = Peer()
    call, tag = phone.confirmed()
    phone.receive(refer(tag, extra="Refer-To: <sip:c@h?Replaces=a%40b%3Bto-tag%3Dx%3Bfrom-tag%3Dy&X=1>\r\n"))
    assert phone.events[-1] == TransferAsked(call, "sip:c@h", "a@b;to-tag=x;from-tag=y")


def test_nobody_is_notified_who_wants_no_subscription() -> None:
    phone = Peer()
    call, tag = phone.confirmed()
    extra = "Refer-To: <sip:carol@192.0.2.9>\r\nRefer-Sub: false\r\n"
    assert status_lines(phone.receive(refer(tag, extra=extra))) == ["202 Accepted"]
    assert phone.last().get("Refer-Sub") == "false"
    assert call.report_transfer(200, phone.now)
    assert phone.take() == []


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        ("", "400"),
        ("Refer-To: <sip:a@h>, <sip:b@h>\r\n", "400"),
        ("Refer-To: nonsense\r\n", "400"),
    ],
)
def test_a_refer_that_names_nobody_is_refused(extra: str, status: str) -> None:
    phone = Peer()
    _, tag = phone.confirmed()
    (line,) = phone.receive(refer(tag, extra=extra))
    assert line.startswith(f"SIP/2.0 {status}")


def test_a_second_refer_waits_for_the_first() -> None:
    phone = Peer()
    call, tag = phone.confirmed()
    phone.receive(refer(tag))
    assert status_lines(phone.receive(refer(tag, 3))) == ["491 Request Pending"]
    call.report_transfer(200, phone.now)
    phone.take()
    assert status_lines(phone.receive(refer(tag, 4))) == ["202 Accepted", "NOTIFY"]


def test_outside_of_a_call_nobody_refers_or_notifies_us() -> None:
    phone = Peer()
    (line,) = phone.receive(request("REFER", extra="Refer-To: <sip:carol@192.0.2.9>\r\n"))
    assert line.startswith("SIP/2.0 403")
    (line,) = phone.receive(request("NOTIFY", branch="z9hG4bKn", extra="Event: refer\r\n"))
    assert line.startswith("SIP/2.0 481")


def own(phone: Peer) -> tuple[Request, str]:
    call, tag = phone.confirmed()
    assert call.transfer("sip:carol@192.0.2.9", phone.now)
    assert not call.transfer("sip:carol@192.0.2.9", phone.now), "one at a time"
    phone.take()
    (sent,) = sent_requests(phone, "REFER")
    assert sent.get("Refer-To") == "<sip:carol@192.0.2.9>"
    return sent, tag


def notify(tag: str, status: int, state: str, cseq: int = 2) -> bytes:
    extra = f"Event: refer\r\nSubscription-State: {state}\r\n"
    return request(
        "NOTIFY", branch=f"z9hG4bKn{cseq}", to_tag=tag, cseq=cseq, extra=extra, body=f"SIP/2.0 {status} X\r\n"
    )


@pytest.mark.parametrize("status", [200, 486, 603])
def test_what_became_of_ours_is_told_once(status: int) -> None:
    phone = Peer()
    sent, tag = own(phone)
    phone.receive(response_to(sent, 202).encode())
    assert status_lines(phone.receive(notify(tag, 100, "active"))) == ["200 OK"]
    phone.receive(notify(tag, status, "terminated;reason=noresource", 3))
    answered = [each for each in phone.events if isinstance(each, TransferAnswered)]
    assert [each.status for each in answered] == [status]
    assert status_lines(phone.receive(notify(tag, 200, "active", 4))) == [
        "481 Call/Transaction Does Not Exist"
    ]


def test_a_refused_refer_and_silence_are_told() -> None:
    phone = Peer()
    sent, _ = own(phone)
    phone.receive(response_to(sent, 603).encode())
    assert isinstance(phone.events[-1], TransferAnswered)
    assert phone.events[-1].status == 603
    phone = Peer()
    own(phone)
    phone.run(phone.now + 64)
    assert [each.status for each in phone.events if isinstance(each, TransferAnswered)] == [408]


def test_who_accepted_and_says_no_more_has_not_transferred() -> None:
    phone = Peer()
    sent, tag = own(phone)
    phone.receive(response_to(sent, 202).encode())
    phone.run(170.0)
    phone.receive(notify(tag, 180, "active"))
    phone.run(349.0)
    assert not [each for each in phone.events if isinstance(each, TransferAnswered)]
    phone.run(351.0)
    assert [each.status for each in phone.events if isinstance(each, TransferAnswered)] == [408]


def test_who_accepted_and_will_notify_nobody_has_transferred() -> None:
    phone = Peer()
    sent, _ = own(phone)
    phone.receive(response_to(sent, 202, headers=[("Refer-Sub", "false")]).encode())
    assert [each.status for each in phone.events if isinstance(each, TransferAnswered)] == [202]
    phone.run(400.0)
    assert phone.counts()[2] == 0, "no timer waits for more"


def test_who_accepted_and_leaves_has_been_transferred() -> None:
    phone = Peer()
    sent, tag = own(phone)
    phone.receive(response_to(sent, 202).encode())
    phone.receive(request("BYE", branch="z9hG4bKb", to_tag=tag, cseq=2))
    assert [each.status for each in phone.events if isinstance(each, TransferAnswered)] == [200]
    phone.assert_nothing_left()


def test_a_refer_with_a_password_comes_after_what_went_out_meanwhile() -> None:
    caller = Caller(credentials=Credentials("me", "secret"))
    caller.respond(200, body=SDP)
    assert caller.call.transfer("sip:carol@192.0.2.9", caller.now)
    caller.take()
    refer = caller.last()
    for key in "12":
        assert caller.call.send_info("application/dtmf", key.encode(), caller.now)
    challenge = ("WWW-Authenticate", 'Digest realm="x", nonce="n"')
    refusal = response_to(refer, 401, None, headers=[challenge])
    caller.agent.receive(refusal.encode(), CALLEE, OURS, caller.now)
    assert caller.call.send_info("application/dtmf", b"3", caller.now)
    caller.take()
    sent = [parse_datagram(each.data) for each in caller.sent]
    numbers = [
        each.cseq for each in sent if isinstance(each, Request) and each.method not in ("INVITE", "ACK")
    ]
    methods = ["REFER", "INFO", "INFO", "REFER", "INFO"]
    assert numbers == [(number, method) for number, method in enumerate(methods, 2)]
