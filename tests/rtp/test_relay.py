"""Another's stream under our numbers."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from flowlang.rtp import RtpPacket, RtpSender, StreamRelay, parse_packet


def heard(sequence: int, timestamp: int, ssrc: int = 7, *, marker: bool = False) -> RtpPacket:
    return RtpPacket(0, marker, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, b"x" * 160)


def relayed(relay: StreamRelay, packet: RtpPacket, *, event: bool = False) -> RtpPacket | None:
    data = relay.packet(packet, packet.payload, 8, event=event)
    return None if data is None else parse_packet(data)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.lists(st.integers(1, 40), max_size=60))
def test_gaps_stay_as_they_are_and_no_number_comes_twice(first: int, clock: int, steps: list[int]) -> None:
    sender = RtpSender(random.Random(1))
    relay = StreamRelay(sender)
    sequence = first
    before = relayed(relay, heard(sequence, clock))
    assert before is not None
    assert before.marker
    for step in steps:
        sequence += step
        clock += 160 * step
        packet = relayed(relay, heard(sequence, clock))
        assert packet is not None
        assert (packet.sequence - before.sequence) & 0xFFFF == step
        assert (packet.timestamp - before.timestamp) & 0xFFFFFFFF == 160 * step
        assert (packet.ssrc, packet.marker) == (sender.ssrc, False)
        before = packet
    assert sender.sequence == (before.sequence + 1) & 0xFFFF


def test_disorder_stays_disorder() -> None:
    relay = StreamRelay(RtpSender(random.Random(1)))
    packets = [relayed(relay, heard(each, 160 * each)) for each in (10, 12, 11, 13)]
    numbers = [(each.sequence - packets[0].sequence) & 0xFFFF for each in packets if each and packets[0]]
    assert numbers == [0, 2, 1, 3]


def test_what_is_older_than_the_first_is_left_out() -> None:
    relay = StreamRelay(RtpSender(random.Random(1)))
    assert relayed(relay, heard(10, 1600)) is not None
    assert relayed(relay, heard(9, 1440)) is None


def test_after_something_of_our_own_the_numbers_go_on() -> None:
    sender = RtpSender(random.Random(1))
    relay = StreamRelay(sender)
    relayed(relay, heard(10, 1600))
    relay.interrupt()
    own = parse_packet(sender.packet(b"y", 0))
    sender.advance(160)
    again = relayed(relay, heard(60, 9600))
    assert again is not None
    assert again.sequence == (own.sequence + 1) & 0xFFFF
    assert again.timestamp == (own.timestamp + 160) & 0xFFFFFFFF
    assert again.marker


def test_another_source_and_a_sender_that_begins_anew_are_joined() -> None:
    sender = RtpSender(random.Random(1))
    relay = StreamRelay(sender)
    first = relayed(relay, heard(10, 1600))
    for packet in (heard(9000, 5, ssrc=8), heard(30000, 77, ssrc=8)):
        following = sender.sequence
        joined = relayed(relay, packet)
        assert joined is not None
        assert first is not None
        assert (joined.sequence, joined.marker, joined.ssrc) == (following, True, first.ssrc)


def test_an_event_keeps_its_timestamp_and_its_marker() -> None:
    relay = StreamRelay(RtpSender(random.Random(1)))
    relayed(relay, heard(10, 1600))
    events = [relayed(relay, heard(11 + n, 1760, marker=n == 0), event=True) for n in range(3)]
    assert len({each.timestamp for each in events if each}) == 1
    assert [each.marker for each in events if each] == [True, False, False]
