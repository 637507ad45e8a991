"""Where messages end in a stream, however it is cut into pieces."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.sip.framing import Frame, Framer, Ping
from flowlang.sip.parse import MAX_HEAD, MalformedRequestError, parse_datagram
from tests.sip.wire import SDP, request

MESSAGES = [request(body=SDP), request("OPTIONS", branch="z9hG4bKo"), request("INFO", body="x\r\n\r\ny")]


@given(st.lists(st.integers(1, 400), max_size=60))
def test_however_it_is_cut_the_messages_are_the_same(cuts: list[int]) -> None:
    stream = b"".join(MESSAGES)
    framer, found, at = Framer(), [], 0
    for size in [*cuts, len(stream)]:
        found += framer.feed(stream[at : at + size])
        at += size
    assert found == [Frame(message) for message in MESSAGES]
    assert not framer.under_way


def test_two_empty_lines_ask_for_one_back() -> None:
    framer = Framer()
    assert list(framer.feed(b"\r\n\r\n")) == [Ping()]
    assert [*framer.feed(b"\r\n\r"), *framer.feed(b"\n")] == [Ping()]


def test_empty_lines_before_a_message_mean_nothing() -> None:
    assert list(Framer().feed(b"\r\n" + MESSAGES[0])) == [Frame(MESSAGES[0])]
    assert list(Framer().feed(b"\r\n\r\n" + MESSAGES[0])) == [Frame(MESSAGES[0])]


@pytest.mark.parametrize(
    "length", ["", "Content-Length: -5", "Content-Length: 1\r\nl: 1", "l: 1e3", "l: 9999999", "l: 70000"]
)
def test_nothing_is_read_behind_a_message_whose_end_nobody_knows(length: str) -> None:
    head = b"\r\n".join(line for line in MESSAGES[1].split(b"\r\n")[:-3]) + b"\r\n"
    data = head + (f"{length}\r\n" if length else "").encode() + b"\r\n"
    framer = Framer()
    (frame,) = framer.feed(data + MESSAGES[0])
    assert frame == Frame(data, last=True)
    assert list(framer.feed(MESSAGES[0])) == []
    with pytest.raises(MalformedRequestError) as refused:
        parse_datagram(frame.data, stream=True)
    assert refused.value.status == 400


def test_a_head_without_end_is_given_up() -> None:
    framer = Framer()
    found = [each for _ in range(20) for each in framer.feed(b"X: " + b"x" * 2_000 + b"\r\n")]
    assert len(found) == 1
    assert found[0] == Frame(found[0].data, last=True)
    assert len(found[0].data) == MAX_HEAD


def test_a_length_may_be_folded_and_short() -> None:
    data = MESSAGES[1].replace(b"Content-Length: 0", b"l :\r\n  0")
    assert list(Framer().feed(data)) == [Frame(data)]


def test_no_spaces_make_a_message_slow_to_read() -> None:
    data = request("OPTIONS", extra=f"A: x\r\n y\r\nB: {' ' * 30_000}x\r\n")
    began = time.process_time()
    parse_datagram(data)
    assert list(Framer().feed(data)) == [Frame(data)]
    assert time.process_time() - began < 0.5  # it was ten seconds when a fold swallowed the spaces before it
