"""Session timers, RFC 4028, on virtual time."""

from __future__ import annotations

import pytest

from flowlang.sip import CallEnded
from flowlang.sip.message import Request, response_to
from flowlang.sip.parse import parse_datagram
from tests.sip.test_outgoing import CALLEE, OURS, Caller
from tests.sip.test_pair_reoffers import Pair
from tests.sip.wire import HERE, SDP, THERE, Peer, request, session

KNOWS = "Supported: timer\r\n"


def answered(peer: Peer, extra: str) -> str:
    """A call with these headers that is up; our tag in it."""
    call = peer.offered(request(body=SDP, extra=extra))
    media = session()
    call.negotiate = media.negotiate
    assert call.offer is not None
    answer = media.answer(call.offer)
    assert answer is not None
    call.answer(answer, peer.now)
    peer.take()
    tag = peer.last().to.tag
    assert tag is not None
    peer.receive(request("ACK", branch="z9hG4bKack", to_tag=tag))
    return tag


def agreed(peer: Peer) -> tuple[str | None, str | None]:
    parsed = [parse_datagram(send.data) for _, send in peer.sent]
    ok = next(each for each in parsed if not isinstance(each, Request) and each.status == 200)
    return ok.get("Session-Expires"), ok.get("Require")


@pytest.mark.parametrize(
    ("extra", "expires", "require"),
    [
        ("", None, None),
        (KNOWS, "1800;refresher=uas", "timer"),
        (KNOWS + "Session-Expires: 600\r\n", "600;refresher=uac", "timer"),
        (KNOWS + "Session-Expires: 600;refresher=uas\r\n", "600;refresher=uas", "timer"),
        (KNOWS + "Min-SE: 3600\r\n", "3600;refresher=uas", "timer"),
        ("Session-Expires: 600\r\n", "600;refresher=uas", None),
        ("Session-Expires: 89\r\n", None, None),
        (KNOWS + "Session-Expires: nonsense\r\n", "1800;refresher=uas", "timer"),
    ],
)
def test_our_200_agrees_to_a_timer(extra: str, expires: str | None, require: str | None) -> None:
    peer = Peer()
    answered(peer, extra)
    assert agreed(peer) == (expires, require)


def test_an_interval_that_is_too_short_is_refused() -> None:
    peer = Peer()
    (line,) = peer.receive(request(body=SDP, extra=KNOWS + "Session-Expires: 60\r\n"))
    assert line == "SIP/2.0 422 Session Interval Too Small"
    assert peer.last().get("Min-SE") == "90"


@pytest.mark.parametrize("seconds", [0, 1, 89])
def test_a_proxy_that_asks_for_too_short_an_interval_ends_no_call(seconds: int) -> None:
    peer = Peer()
    answered(peer, f"Session-Expires: {seconds}\r\n")
    assert peer.run(200) == []
    assert not [each for each in peer.events if isinstance(each, CallEnded)]


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_who_refreshes_no_more_leaves_that_to_us(method: str) -> None:
    """He says so by a 200 without Session-Expires."""
    peer = Peer()
    answered(peer, KNOWS + f"Allow: {method}\r\nSession-Expires: 120;refresher=uas\r\n")
    for at in (60.0, 120.0, 180.0):
        assert [line.split(" ")[0] for _, line in peer.run(at + 0.1)][:1] == [method]
        sent = next(
            each
            for _, send in reversed(peer.sent)
            if isinstance(each := parse_datagram(send.data), Request) and each.method == method
        )
        body = SDP.encode() if method == "INVITE" else b""
        kind = [("Content-Type", "application/sdp")] if body else []
        contact = [("Contact", "<sip:moved@192.0.2.2:5062>")]
        peer.receive(response_to(sent, 200, headers=[*contact, *kind], body=body).encode())
        peer.now = at
    assert sent.uri == "sip:moved@192.0.2.2:5062", "the 2xx to ours moves the target"
    assert not [each for each in peer.events if isinstance(each, CallEnded)]
    peer.run(400)
    assert [each.cause for each in peer.events if isinstance(each, CallEnded)] == ["lost"]


def test_a_caller_who_does_not_refresh_is_hung_up() -> None:
    peer = Peer()
    answered(peer, KNOWS + "Session-Expires: 120;refresher=uac\r\n")
    seen = peer.run(200)
    assert [(at, line.split(" ")[0]) for at, line in seen][:1] == [(88.0, "BYE")]
    assert [each.cause for each in peer.events if isinstance(each, CallEnded)] == ["lost"]
    peer.assert_nothing_left()


def test_an_update_of_the_caller_refreshes() -> None:
    peer = Peer()
    tag = answered(peer, KNOWS + "Session-Expires: 120;refresher=uac\r\n")
    for number in range(2, 6):
        peer.run(60.0 * (number - 1))
        extra = KNOWS + "Session-Expires: 120;refresher=uac\r\n"
        update = request("UPDATE", branch=f"z9hG4bKu{number}", to_tag=tag, cseq=number, extra=extra)
        assert peer.receive(update) == ["SIP/2.0 200 OK"]
        assert peer.last().get("Session-Expires") == "120;refresher=uac"
    assert not [each for each in peer.events if isinstance(each, CallEnded)]


def test_we_refresh_by_update_where_the_peer_allows_it_and_by_re_invite_where_not() -> None:
    for allow, method in (("Allow: INVITE, UPDATE\r\n", "UPDATE"), ("Allow: INVITE\r\n", "INVITE")):
        peer = Peer()
        answered(peer, KNOWS + allow + "Session-Expires: 120;refresher=uas\r\n")
        assert peer.run(59) == []
        ((at, line), *_) = peer.run(60.1)
        assert (at, line.split(" ")[0]) == (60.0, method)
        sent = peer.last()
        assert sent.get("Session-Expires") == "120;refresher=uac"


def test_who_does_not_know_the_call_any_more_ends_it() -> None:
    peer = Peer()
    answered(peer, KNOWS + "Allow: UPDATE\r\nSession-Expires: 120;refresher=uas\r\n")
    peer.run(60.1)
    update = peer.last()
    assert isinstance(update, Request)
    peer.receive(response_to(update, 481).encode())
    assert [each.cause for each in peer.events if isinstance(each, CallEnded)] == ["lost"]


def test_a_422_is_obeyed_once() -> None:
    caller = Caller()
    assert (caller.invite.get("Session-Expires"), caller.invite.get("Min-SE")) == ("1800", "90")
    for expected in (["ACK", "INVITE"], ["ACK"]):
        response = response_to(caller.invite, 422, "theirs", headers=[("Min-SE", "3600")])
        caller.agent.receive(response.encode(), CALLEE, OURS, caller.now)
        assert [line.split(" ")[0] for line in caller.take()] == expected
        message = parse_datagram(caller.sent[-1].data)
        assert isinstance(message, Request)
        if message.method == "INVITE":
            caller.invite = message
            assert (message.get("Session-Expires"), message.get("Min-SE")) == ("3600", "3600")
    assert [each.cause for each in caller.events if isinstance(each, CallEnded)] == ["failed"]
    caller.assert_nothing_left()


def test_two_of_ours_keep_each_other_alive_and_notice_a_death() -> None:
    pair = Pair()
    pair.wire.run(4 * 1800.0)
    assert not pair.seen(CallEnded)
    pair.wire.agents.pop(THERE)
    pair.wire.run(7 * 1800.0)
    assert [(at, event.cause) for at, event in pair.seen(CallEnded) if isinstance(event, CallEnded)] == [
        (HERE, "lost")
    ]
