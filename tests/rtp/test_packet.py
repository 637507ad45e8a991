"""RTP packets on the wire: what is read back, what is refused."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.rtp import RtpError, RtpPacket, RtpSender, build_packet, parse_packet

PACKETS = st.builds(
    RtpPacket,
    st.integers(0, 71),
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=480),
)


def header(flags: int, payload_type: int = 0) -> bytes:
    return struct.pack("!BBHII", flags, payload_type, 1, 2, 3)


@given(PACKETS)
def test_a_packet_built_is_the_packet_parsed(packet: RtpPacket) -> None:
    assert parse_packet(build_packet(packet)) == packet


@given(st.binary(max_size=200))
def test_any_datagram_is_a_packet_or_an_rtp_error(data: bytes) -> None:
    try:
        packet = parse_packet(data)
    except RtpError:
        return
    assert len(packet.payload) <= len(data) - 12


@given(st.binary(max_size=60), st.integers(0x80, 0xBF))
def test_lengths_inside_a_packet_never_reach_past_it(rest: bytes, flags: int) -> None:
    try:
        packet = parse_packet(header(flags) + rest)
    except RtpError:
        return
    assert packet.payload in rest


def test_csrcs_extension_and_padding_are_left_out_of_the_payload() -> None:
    data = (
        header(0x80 | 0x20 | 0x10 | 2)
        + b"c" * 8
        + struct.pack("!HH", 0xBEDE, 1)
        + b"exts"
        + b"sound"
        + b"\0\0\3"
    )
    assert parse_packet(data).payload == b"sound"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x80\x00", "2 bytes are shorter"),
        (header(0x40), "version 1 is not 2"),
        (header(0x80, 0x80 | 72), "RTCP"),
        (header(0x81), "longer than the packet"),
        (header(0x90) + b"\0\0", "extension is cut off"),
        (header(0x90) + b"\0\0\xff\xff", "longer than the packet"),
        (header(0xA0) + b"ab\0", "padding of 0"),
        (header(0xA0) + b"ab\x04", "longer than the packet"),
    ],
)
def test_what_is_no_rtp_is_refused_with_its_reason(data: bytes, why: str) -> None:
    with pytest.raises(RtpError, match=why):
        parse_packet(data)


def test_a_sender_counts_packets_and_time_apart_and_wraps_both() -> None:
    sender = RtpSender(random.Random(1))
    sender.sequence, sender.timestamp = 0xFFFF, 0xFFFFFFFF
    first = parse_packet(sender.packet(b"a", 0, marker=True))
    sender.advance(160)
    sender.advance(160)  # a packet time in which nothing was sent
    second = parse_packet(sender.packet(b"b", 8))
    assert (first.sequence, first.timestamp, first.marker) == (0xFFFF, 0xFFFFFFFF, True)
    assert (second.sequence, second.timestamp, second.marker) == (0, 319, False)
    assert (second.payload_type, second.ssrc) == (8, first.ssrc)


def test_a_stream_begins_where_the_random_source_says() -> None:
    one, same, other = (RtpSender(random.Random(seed)) for seed in (1, 1, 2))
    assert (one.ssrc, one.sequence, one.timestamp) == (same.ssrc, same.sequence, same.timestamp)
    assert one.ssrc != other.ssrc
