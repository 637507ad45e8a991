"""INVITE with Replaces (RFC 3891): which call gives way, and what is said where none does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.sip import CallEnded, CallOffered
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.message import Response
from flowlang.sip.parse import parse_datagram
from flowlang.sip.replaces import Replaces, parse_replaces
from tests.sip.test_outgoing import CALLEE, OURS, Caller
from tests.sip.wire import SDP, Peer, request


def newcomer(replaces: str, more: str = "") -> bytes:
    """Somebody else's INVITE that wants the place of a call."""
    return request(
        branch="z9hG4bKnew",
        call_id="call-2",
        from_tag="new",
        body=SDP,
        extra=f"Replaces: {replaces}\r\nRequire: replaces\r\n{more}",
    )


def of(tag: str, early: str = "") -> str:
    return f"call-1;to-tag={tag};from-tag=their{early}"


def answered_by(lines: list[str]) -> str:
    return lines[-1].removeprefix("SIP/2.0 ")


def test_a_call_that_is_up_gives_way() -> None:
    phone = Peer()
    call, tag = phone.confirmed()
    assert answered_by(phone.receive(newcomer(of(tag)))) == "100 Trying"
    offered = phone.events[-1]
    assert isinstance(offered, CallOffered)
    assert offered.replaces is call
    assert (offered.call.call_id, call.state) == ("call-2", "confirmed")


def test_one_that_is_not_acknowledged_yet_is_up() -> None:
    phone = Peer()
    call, tag = phone.answered()
    phone.receive(newcomer(of(tag)))
    assert phone.events[-1] == CallOffered(phone.events[-1].call, call)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("replaces", "answer"),
    [
        ("call-1;to-tag={tag};from-tag=their;early-only", "486 Busy Here"),
        ("call-1;to-tag=other;from-tag=their", "481"),
        ("call-1;to-tag={tag};from-tag=other", "481"),
        ("call-9;to-tag={tag};from-tag=their", "481"),
        ("call-1;to-tag=their;from-tag={tag}", "481"),
        ("call-1;to-tag={tag}", "400"),
        ("call-1", "400"),
        ("call 1;to-tag={tag};from-tag=their", "400"),
        (";to-tag={tag};from-tag=their", "400"),
        ("call-1;to-tag={tag};from-tag=their;from-tag=two", "400"),
        ("call-1;to-tag=\"{tag}\";from-tag=their", "400"),
        ("x" * 600 + ";to-tag={tag};from-tag=their", "400"),
    ],
)  # fmt: skip
def test_what_does_not_name_it_gets_nothing(replaces: str, answer: str) -> None:
    phone = Peer()
    call, tag = phone.confirmed()
    lines = phone.receive(newcomer(replaces.format(tag=tag)))
    assert answered_by(lines).startswith(answer)
    assert not any(isinstance(each, CallOffered) and each.replaces for each in phone.events)
    assert call.state == "confirmed"


@pytest.mark.parametrize(
    "more", ["Replaces: call-1;to-tag=a;from-tag=b\r\n", "Join: call-1;to-tag=a;from-tag=b\r\n"]
)
def test_one_invite_wants_one_place(more: str) -> None:
    phone = Peer()
    _, tag = phone.confirmed()
    assert answered_by(phone.receive(newcomer(of(tag), more))).startswith("400")


def test_a_call_that_is_over_is_declined() -> None:
    phone = Peer()
    call, tag = phone.confirmed()
    call.hang_up(phone.now)
    phone.take()
    assert answered_by(phone.receive(newcomer(of(tag)))).startswith("603")
    phone.run(phone.now + 60)
    assert answered_by(phone.receive(newcomer(of(tag)).replace(b"z9hG4bKnew", b"z9hG4bKtwo"))).startswith(
        "481"
    )


@pytest.mark.parametrize("early", ["", ";early-only"])
def test_nobody_gets_the_place_of_a_caller_who_waits_for_an_answer(early: str) -> None:
    phone = Peer()
    call = phone.offered()
    call.ring(phone.now)
    phone.take()
    tag = phone.last().to.tag
    assert tag is not None
    assert answered_by(phone.receive(newcomer(of(tag, early)))).startswith("481")
    assert call.unanswered


def replacing(caller: Caller, tag: str, more: str = "") -> str:
    invite = caller.invite
    replaces = f"{invite.call_id};to-tag={invite.from_.tag};from-tag={tag}{more}"
    caller.agent.receive(newcomer(replaces), CALLEE, OURS, caller.now)
    caller.take()
    answer = parse_datagram(caller.sent[-1].data)
    assert isinstance(answer, Response)
    return f"{answer.status}"


@pytest.mark.parametrize("early", ["", ";early-only"])
def test_a_call_of_ours_that_rings_gives_way(early: str) -> None:
    caller = Caller()
    caller.respond(180, "one")
    assert replacing(caller, "one", early) == "100"
    offered = caller.events[-1]
    assert isinstance(offered, CallOffered)
    assert offered.replaces is caller.call


def test_a_fork_that_lost_has_no_place_to_give() -> None:
    caller = Caller()
    for tag in ("one", "two"):
        caller.respond(180, tag)
    caller.respond(200, "one", SDP)
    assert replacing(caller, "two") == "481"
    assert not any(isinstance(each, CallEnded) for each in caller.events)


TOKENS = st.text("abcZ019-.!%*_+`'~", min_size=1, max_size=20)


@given(TOKENS, TOKENS, TOKENS, st.booleans())
def test_what_is_written_is_read(call_id: str, ours: str, theirs: str, early: bool) -> None:
    written = Replaces(call_id, ours, theirs, early)
    assert parse_replaces(str(written)) == written


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_and_never_leaves_its_line(text: str) -> None:
    try:
        read = str(parse_replaces(text))
    except SipSyntaxError:
        return
    assert read.isprintable()
    assert read.isascii()


@pytest.mark.parametrize(
    "text",
    ["a\r\nVia: x;to-tag=1;from-tag=2", "a;to-tag=1\r\nX: y;from-tag=2", "a;to-tag=1\n;x=2;from-tag=2"],
)
def test_a_break_in_it_is_refused(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        parse_replaces(text)
