"""Parsing and printing of messages, headers and URIs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.model.causes import hangup_cause
from flowlang.sip import Request, Response, SipSyntaxError
from flowlang.sip.headers import parse_cseq, parse_name_addr, parse_via
from flowlang.sip.message import response_to
from flowlang.sip.parse import MalformedRequestError, parse_datagram
from flowlang.sip.status import Q850_OF_STATUS, REASONS, STATUS_OF_Q850, reason_phrase
from flowlang.sip.text import parse_parameters, quote, split_list, strip_comments, unquote
from flowlang.sip.uri import parse_uri, same_uri
from tests.sip.wire import SDP, request


def parsed(data: bytes) -> Request:
    message = parse_datagram(data)
    assert isinstance(message, Request)
    return message


def test_what_is_printed_parses_to_the_same() -> None:
    once = parsed(request(body=SDP))
    again = parsed(once.encode())
    assert (again.method, again.uri, again.headers, again.body) == (
        once.method,
        once.uri,
        once.headers,
        once.body,
    )
    assert again.encode() == once.encode()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("i: x", "Call-ID"),
        ("CALL-ID : x", "Call-ID"),
        ("v: x", "Via"),
        ("X-Own: x", "X-Own"),
        ("K:x", "Supported"),
    ],
)
def test_names_come_in_any_case_and_compact(line: str, name: str) -> None:
    text = f"OPTIONS sip:a@b SIP/2.0\r\n{line}\r\n\r\n".encode()
    with pytest.raises(MalformedRequestError) as caught:
        parse_datagram(text)
    assert caught.value.request.get(name) == "x"


def test_folded_lines_are_one_line() -> None:
    message = parsed(request(extra="Subject: one\r\n  two\r\n\tthree\r\n"))
    assert message.get("Subject") == "one two three"


def test_lf_alone_ends_a_line() -> None:
    assert parsed(request("OPTIONS").replace(b"\r\n", b"\n")).method == "OPTIONS"


def test_cr_alone_is_refused() -> None:
    with pytest.raises(MalformedRequestError):
        parse_datagram(request(extra="Subject: a\rVia: b\r\n"))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ((b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia"), 505),
        ((b"CSeq: 1 INVITE", b"CSeq: 1 OPTIONS"), 400),
        ((b"CSeq: 1 INVITE", b"CSeq: 2147483648 INVITE"), 400),
        ((b"CSeq: 1 INVITE", b"CSeq: 1"), 400),
        ((b"CSeq: 1 INVITE\r\n", b""), 400),
        ((b"Max-Forwards: 70", b"Max-Forwards: 256"), 400),
        ((b"Max-Forwards: 70", b"Max-Forwards: -1"), 400),
        ((b"Call-ID: call-1", b"Call-ID: call-1\r\nCall-ID: call-2"), 400),
        ((b"Call-ID: call-1", b"Call-ID: call 1"), 400),
        ((b"Content-Length: 0", b"Content-Length: 1"), 400),
        ((b"Content-Length: 0", b"Content-Length: x"), 400),
        ((b";tag=their", b";tag=their;tag=other"), 400),
        ((b"<sip:caller@192.0.2.2>;", b'"Half <sip:caller@192.0.2.2>;'), 400),
        ((b"INVITE sip:desk@192.0.2.1 ", b"INVITE sip:desk@ "), 400),
        ((b"INVITE sip:desk@192.0.2.1 ", b"INVITE sip:desk@192.0.2.1:70000 "), 400),
        ((b"INVITE sip:desk@192.0.2.1 ", b"INVITE sip:desk@192.0.2.1;a=1;a=2 "), 400),
        ((b"Via: SIP/2.0/UDP 192.0.2.2:5062", b"Via: SIP/2.0/UDP"), 400),
        ((b"<sip:caller@192.0.2.2:5062>", b"sip:caller@192.0.2.2?a=b"), 400),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(change: tuple[bytes, bytes], status: int) -> None:
    data = request()
    assert change[0] in data
    with pytest.raises(MalformedRequestError) as caught:
        parse_datagram(data.replace(*change, 1))
    assert caught.value.status == status


def test_octets_behind_the_content_length_are_dropped() -> None:
    assert parsed(request(body="12345", length=3)).body == b"123"


def test_an_absent_content_length_takes_the_rest() -> None:
    assert parsed(request(body="abc").replace(b"Content-Length: 3\r\n", b"")).body == b"abc"


def test_a_request_of_rfc_2543_is_taken() -> None:
    data = (
        request()
        .replace(b";branch=z9hG4bKb1", b"")
        .replace(b";tag=their", b"")
        .replace(b"Max-Forwards: 70\r\n", b"")
    )
    message = parsed(data)
    assert message.via.branch is None
    assert message.from_.tag is None
    assert message.max_forwards is None


@pytest.mark.parametrize("text", ["a\r\nVia: b", "a\nb", "a\rb", "a\0b"])
def test_nothing_that_breaks_a_line_is_printed(text: str) -> None:
    message = parsed(request())
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        response_to(message, 603, "tag", text).encode()
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        response_to(message, 603, "tag", headers=[("Reason", text)]).encode()
    with pytest.raises(ValueError, match="token"):
        response_to(message, 603, "tag", headers=[(text, "x")])
    with pytest.raises(ValueError, match=r"CR, LF or NUL|spaces"):
        Request("INVITE", f"sip:{text}", {}).encode()


def test_a_response_takes_the_request_s_headers_and_adds_a_tag() -> None:
    response = response_to(parsed(request()), 180, "ours")
    assert response.start_line == "SIP/2.0 180 Ringing"
    assert response.to.tag == "ours"
    assert list(response.headers) == ["Via", "From", "To", "Call-ID", "CSeq"]
    assert response.summary == "180 Ringing (INVITE)"


def test_quoted_strings_and_angles_hide_commas() -> None:
    assert split_list('"a, \\"b" <sip:x,y@z>, <sip:q>;p="1,2"') == [
        '"a, \\"b" <sip:x,y@z>',
        '<sip:q>;p="1,2"',
    ]
    assert split_list("") == []
    for text in ("a,,b", ",", '"a, b', "<sip:a,b"):
        with pytest.raises(SipSyntaxError):
            split_list(text)


def test_comments_nest_and_are_let_be() -> None:
    assert strip_comments("18000 (in a (long) meeting)") == "18000"
    assert strip_comments('"(not)" x') == '"(not)" x'


def test_parameters_keep_their_quotes() -> None:
    assert parse_parameters(';a ; b = "x;y";c=[::1]') == {"a": None, "b": '"x;y"', "c": "[::1]"}
    for text in (";;", ";a;;", ";a;", ";=1", "a"):
        with pytest.raises(SipSyntaxError):
            parse_parameters(text)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")))
def test_unquote_undoes_quote(text: str) -> None:
    assert unquote(quote(text)) == text


def test_a_via_prints_as_it_came() -> None:
    for text in (
        "SIP/2.0/UDP 192.0.2.2:5062;branch=z9hG4bKa;rport",
        "SIP/2.0/TLS [2001:db8::1];received=::1",
    ):
        assert str(parse_via(text)) == text
    assert parse_via("SIP / 2.0 / UDP host ; branch = z9hG4bKa (a comment)").branch == "z9hG4bKa"


def test_addresses_come_with_and_without_angles() -> None:
    bare = parse_name_addr("sip:a@b;tag=1")
    assert (bare.tag, bare.uri.parameters) == ("1", {})
    angled = parse_name_addr("Joe Q <sip:a@b;lr>;tag=1")
    assert (angled.display, angled.tag, "lr" in angled.uri.parameters) == ("Joe Q", "1", True)
    assert str(parse_name_addr('"A \\"B\\"" <sip:a@b>')) == '"A \\"B\\"" <sip:a@b>'


def test_cseq_has_bounds() -> None:
    assert parse_cseq("2147483647  INVITE") == (2**31 - 1, "INVITE")
    for text in (
        "2147483648 INVITE",
        f"{'9' * 5000} INVITE",
        "INVITE",
        "-1 INVITE",
        "1 IN VITE",
        "\u0661 INVITE",
    ):
        with pytest.raises(SipSyntaxError):
            parse_cseq(text)


@pytest.mark.parametrize(
    "text",
    [
        "sip:alice@atlanta.example",
        "sip:alice:secret@atlanta.example;transport=tcp",
        "sips:1212@[2001:db8::1]:5061",
        "sip:atlanta.example;method=REGISTER?to=alice%40atlanta.example",
        "tel:+358-555-1234567",
    ],
)
def test_uris_print_as_they_came(text: str) -> None:
    assert str(parse_uri(text)) == text


def test_uris_compare_by_meaning() -> None:
    assert same_uri(
        parse_uri("sip:%61lice@atlanta.example;transport=TCP"),
        parse_uri("SIP:alice@AtLanTa.Example;Transport=tcp"),
    )
    assert not same_uri(parse_uri("sip:ALICE@a.example"), parse_uri("sip:alice@a.example"))
    assert not same_uri(parse_uri("sip:bob@b.example"), parse_uri("sip:bob@b.example:5060"))
    assert not same_uri(parse_uri("sip:bob@b.example"), parse_uri("sip:bob@b.example;transport=udp"))


def test_status_tables_agree() -> None:
    assert set(Q850_OF_STATUS) <= set(REASONS)
    assert set(STATUS_OF_Q850.values()) <= set(REASONS)
    assert reason_phrase(499) == "Bad Request"
    assert (hangup_cause(486), hangup_cause(302), hangup_cause(503)) == ("busy", "redirected", "failed")


def test_a_summary_is_one_printable_line() -> None:
    assert Response(200, "O\x1b[31mK", {"CSeq": ["1 INVITE"]}).summary.endswith("(INVITE)")


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    try:
        message = parse_datagram(data)
    except SipSyntaxError:
        return
    assert message.call_id
