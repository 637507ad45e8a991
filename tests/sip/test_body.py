"""A description inside a multipart body (RFC 5621)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.sip import Request
from flowlang.sip.body import MAX_PART_HEAD, MAX_PARTS, session_body
from tests.sip.wire import SDP, Peer, request

ISUP = "Content-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n"
NESTED = "Content-Type: multipart/alternative;boundary=b2\r\n\r\n"
PART = f"Content-Type: application/sdp\r\n\r\n{SDP}"


def multipart(*parts: str, boundary: str = "b1", tail: str = "--\r\n") -> str:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}{tail}"


def carried(body: str, kind: str = "multipart/mixed;boundary=b1") -> bytes | None:
    headers = {"Content-Type": [kind]}
    return session_body(Request("INVITE", "sip:desk@192.0.2.1", headers, body.encode()))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/sdp", SDP),
        ("Multipart/Mixed; boundary=b1", multipart(PART)),
        ('multipart/mixed;boundary="b1"', multipart(f"{ISUP}\r\n\x01\x02", PART)),
        ("multipart/mixed;boundary=b1", "a preamble\r\n" + multipart(PART, "\r\nplain text")),
        ("multipart/alternative;boundary=b1", multipart("Content-Type: text/plain\r\n\r\nhi", PART)),
        ("multipart/mixed;boundary=b1", multipart(NESTED + multipart(PART, boundary="b2"))),
        ("multipart/mixed;boundary=b1", multipart("Content-Disposition: x;handling=required\r\n" + PART)),
    ],
)
def test_the_description_is_found(kind: str, body: str) -> None:
    found = carried(body, kind)
    assert found is not None
    assert found.strip() == SDP.encode().strip()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/mixed", multipart(PART)),
        ("multipart/mixed;boundary=", multipart(PART)),
        (f"multipart/mixed;boundary={'b' * 71}", multipart(PART, boundary="b" * 71)),
        ("multipart/mixed;boundary=b1;boundary=b1", multipart(PART)),
        ("multipart/mixed;boundary=other", multipart(PART)),
        ("multipart/signed;boundary=b1", multipart(PART)),
        ("multipart/mixed;boundary=b1", multipart("Content-Transfer-Encoding: base64\r\n" + PART)),
        ("multipart/mixed;boundary=b1", multipart(PART, ISUP.replace("optional", "required") + "\r\nx")),
        ("multipart/mixed;boundary=b1", multipart(f"X: {'x' * MAX_PART_HEAD}\r\n{PART}")),
        ("multipart/mixed;boundary=b1", multipart(*["\r\ntext"] * MAX_PARTS, PART)),
        ("text/plain", SDP),
    ],
)
def test_what_breaks_a_rule_or_a_bound_carries_none(kind: str, body: str) -> None:
    assert carried(body, kind) is None


def test_a_nest_of_multiparts_is_left_alone() -> None:
    body = PART
    for depth in range(1000):
        head = f"Content-Type: multipart/mixed;boundary=b{depth}\r\n\r\n"
        body = head + multipart(body, boundary=f"b{depth}")
    assert carried(body, "multipart/mixed;boundary=b999") is None


@given(body=st.binary(max_size=300), boundary=st.text(max_size=5))
def test_no_bytes_do_more_than_carry_none(body: bytes, boundary: str) -> None:
    headers = {"Content-Type": [f"multipart/mixed;boundary={boundary}"]}
    session_body(Request("INVITE", "sip:desk@192.0.2.1", headers, body))


def test_an_invite_with_isup_beside_its_offer_is_offered() -> None:
    kind = b"multipart/mixed;boundary=b1"
    peer = Peer()
    data = request(body=multipart(f"{ISUP}\r\n\x01", PART)).replace(b"application/sdp", kind, 1)
    call = peer.offered(data)
    assert call.offer is not None
    assert call.offer.media[0].port == 4000


def test_an_invite_with_parts_but_no_description_is_415() -> None:
    data = request(body=multipart("\r\nhello")).replace(b"application/sdp", b"multipart/mixed;boundary=b1", 1)
    peer = Peer()
    assert peer.receive(data) == ["SIP/2.0 415 Unsupported Media Type"]
    assert peer.last().get("Accept") == "application/sdp, multipart/mixed"
