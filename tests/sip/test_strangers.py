"""Who has shown nothing of himself gets one short answer, leaves nothing behind, and aims us at nobody."""

from __future__ import annotations

import pytest

from flowlang.sip import Buckets, InviteRefused
from flowlang.sip.flood import BURST
from flowlang.sip.message import Response
from tests.sip.test_door import kept, with_password
from tests.sip.test_hostile import calls_up
from tests.sip.wire import LIFETIME, SDP, THERE, request

OTHER_REALM = 'Authorization: Digest realm="x", username="alice", nonce="x", uri="x", response="y"\r\n'
OUR_REALM = OTHER_REALM.replace('realm="x"', 'realm="office"')


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request(body=SDP), 401),
        (request(body=SDP, extra="Authorization: x\r\n"), 401),
        (request(body=SDP, extra=OTHER_REALM), 401),
        (request(body=SDP, extra=OUR_REALM), 401),
        (request(to_tag="unknown"), 481),
        (request(uri="http:b"), 416),
        (request(extra="Require: x\r\n"), 420),
        (request(extra="Accept: x/y\r\n"), 406),
        (request("REGISTER", uri="sip:office", extra="Authorization: x\r\n"), 401),
        (request("REGISTER", uri="sip:office", extra=OUR_REALM), 401),
        (request("OPTIONS"), 200),
        (request("BYE", to_tag="unknown"), 481),
        (request("CANCEL"), 481),
        (request("REFER"), 403),
        (request("FROBNICATE"), 501),
    ],
)
def test_a_stranger_is_answered_once_and_nothing_is_kept_of_him(data: bytes, status: int) -> None:
    peer = kept()
    (line,) = peer.receive(data)
    assert line.split()[1] == str(status)
    assert peer.counts() == (0, 0, 0)
    assert peer.run(LIFETIME) == []
    assert len(peer.sent[0][1].data) <= 2 * len(data)


def test_a_nonce_of_ours_aims_us_at_nobody() -> None:
    peer = kept()
    assert with_password(peer, request(body=SDP), "alice", "wrong")[0].startswith("SIP/2.0 401 ")
    assert peer.counts() == (0, 0, 0)
    assert peer.run(LIFETIME) == []


def test_who_is_asked_for_a_password_is_no_call_that_was_refused() -> None:
    peer = kept()
    peer.receive(request(body=SDP))
    with_password(peer, request(body=SDP, call_id="wrong"), "alice", "wrong")
    peer.receive(request(body=SDP, call_id="stale", extra=OUR_REALM))
    answer = peer.last()
    assert isinstance(answer, Response)
    assert "stale=true" in (answer.get("WWW-Authenticate") or "")
    assert not [each for each in peer.events if isinstance(each, InviteRefused)]


def test_the_call_id_of_a_call_that_is_up_lets_no_flood_through() -> None:
    peer = kept(open_=True)
    calls = calls_up(peer)
    assert calls[0].dialog is not None
    peer.agent.flood = Buckets(rate=0.0)
    for _ in range(int(BURST)):
        peer.agent.flood.take(THERE.host, peer.now)
    tag = calls[0].dialog.local_tag
    for method, to_tag, from_tag in (
        ("INVITE", None, "their0"), ("INVITE", "x", "their0"), ("BYE", tag, "x"), ("OPTIONS", None, "x"),
        ("CANCEL", None, "their0"),
    ):  # fmt: skip
        data = request(method, branch="z9hG4bKnew", call_id="call-0", to_tag=to_tag, from_tag=from_tag)
        assert peer.receive(data) == []
    known = b"branch=z9hG4bKup0"  # of the INVITE that began it, as `calls_up` writes it
    assert peer.receive(request("OPTIONS", call_id="other").replace(b"branch=z9hG4bKb1", known)) == []
    own = request("BYE", branch="z9hG4bKbye", call_id="call-0", from_tag="their0", to_tag=tag, cseq=2)
    assert peer.receive(own) == ["SIP/2.0 200 OK"]
    assert peer.receive(own) == ["SIP/2.0 200 OK"]


def test_who_has_had_his_share_may_still_cancel_what_he_began() -> None:
    peer = kept(open_=True)
    peer.agent.flood = Buckets(rate=0.0)
    peer.receive(request(body=SDP))
    for _ in range(int(BURST)):
        peer.agent.flood.take(THERE.host, peer.now)
    assert "SIP/2.0 200 OK" in peer.receive(request("CANCEL"))
    assert peer.receive(request("ACK", to_tag="x")) == []
    assert peer.receive(request(body=SDP, branch="z9hG4bKnew", call_id="new")) == []
