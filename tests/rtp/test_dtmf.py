"""RFC 4733: an event counts once, at its first packet, whatever the network does to the others."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.model.digits import DIGITS
from flowlang.rtp import DigitReceiver, DigitSender, RtpPacket
from flowlang.rtp.dtmf import TelephoneEvent, build_event, parse_event

FRAME = 160


def sent(
    digits: str, *, frame: int = FRAME, sequence: int = 65530, timestamp: int = 2**32 - 1000
) -> list[RtpPacket]:
    """The packets of these digits as our own sender makes them, across the wraps."""
    sender = DigitSender()
    sender.queue(digits)
    packets: list[RtpPacket] = []
    start = timestamp
    while sender.busy:
        event = sender.next_frame(frame)
        if event is not None:
            start = timestamp if event.first else start
            packets.append(
                RtpPacket(101, event.first, sequence & 0xFFFF, start & 0xFFFFFFFF, 7, event.payload)
            )
            sequence += 1
        timestamp += frame
    return packets


def heard(packets: Iterable[RtpPacket], receiver: DigitReceiver | None = None) -> str:
    receiver = receiver or DigitReceiver()
    return "".join(digit for packet in packets if (digit := receiver.receive(packet)) is not None)


def event(
    digit: str, sequence: int, timestamp: int, duration: int, *, end: bool = False, marker: bool = False
) -> RtpPacket:
    payload = build_event(TelephoneEvent(DIGITS.index(digit), end, duration))
    return RtpPacket(101, marker, sequence, timestamp, 7, payload)


def test_a_digit_is_sent_as_growing_durations_and_three_ends() -> None:
    events = [parse_event(packet.payload) for packet in sent("5")]
    growing = [(5, 160 * n, n == 5) for n in range(1, 6)]
    assert [(e.code, e.duration, e.end) for e in events if e] == growing + 2 * growing[-1:]
    assert [packet.marker for packet in sent("5")] == [True] + 6 * [False]
    assert len({packet.timestamp for packet in sent("5")}) == 1


def test_every_digit_has_its_code() -> None:
    assert heard(sent("0123456789*#abcd")) == "0123456789*#ABCD"


def test_one_bad_character_sends_nothing() -> None:
    sender = DigitSender()
    with pytest.raises(ValueError, match="'x' is no DTMF digit"):
        sender.queue("12x")
    assert not sender.busy


def test_a_digit_counts_at_its_first_packet() -> None:
    receiver = DigitReceiver()
    first, *others = sent("8")
    assert receiver.receive(first) == "8"
    assert heard(others, receiver) == ""


@given(st.text("0123456789*#", min_size=1, max_size=8), st.sampled_from([80, 160, 240, 320, 480]), st.data())
def test_digits_survive_any_loss_that_leaves_one_packet_of_each(
    digits: str, frame: int, data: st.DataObject
) -> None:
    packets = sent(digits, frame=frame)
    arrived: list[RtpPacket] = []
    for timestamp in dict.fromkeys(packet.timestamp for packet in packets):
        own = [packet for packet in packets if packet.timestamp == timestamp]
        kept = data.draw(st.sets(st.integers(0, len(own) - 1), min_size=1))
        arrived += [own[place] for place in sorted(kept)]
    assert heard(arrived) == digits


@given(st.text("01#", min_size=1, max_size=5), st.data())
def test_repeated_and_late_packets_of_an_event_do_not_count_again(digits: str, data: st.DataObject) -> None:
    packets = sent(digits)
    arrived = list(packets)
    for _ in range(5):
        place = data.draw(st.integers(0, len(packets) - 1))
        arrived.insert(
            data.draw(st.integers(arrived.index(packets[place]) + 1, len(arrived))), packets[place]
        )
    assert heard(arrived) == digits


def test_two_equal_digits_are_two_with_all_ends_of_the_first_lost() -> None:
    packets = sent("44")
    assert heard(packets[:4] + packets[7:]) == "44"
    assert heard(packets[:2] + packets[9:]) == "44"


def test_an_event_longer_than_its_duration_field_is_one_digit() -> None:
    start, packets = 1000, list[RtpPacket]()
    for step in range(1, 1200):  # 24 s, RFC 4733 §2.5.1.3: each segment begins where the last one ended
        elapsed = step * FRAME
        segment, duration = divmod(elapsed, 0xFFFF)
        packets.append(
            event("9", step, start + segment * 0xFFFF, duration, end=step > 1196, marker=step == 1)
        )
    assert heard(packets) == "9"
    assert heard(packet for packet in packets if packet.sequence % 7 not in (2, 3)) == "9"


def test_a_sender_that_moves_the_timestamp_within_an_event_sends_one_digit() -> None:
    packets = [event("3", n, n * FRAME, n * FRAME, marker=n == 1) for n in range(1, 6)]
    packets += [event("3", n, n * FRAME, 5 * FRAME, end=True) for n in range(6, 9)]
    assert heard(packets) == "3"


def test_a_new_ssrc_or_a_sender_that_began_anew_is_heard() -> None:
    receiver = DigitReceiver()
    assert heard(sent("1"), receiver) == "1"
    assert heard((packet._replace(ssrc=8) for packet in sent("1")), receiver) == "1"
    assert (
        heard((packet._replace(ssrc=8) for packet in sent("1", sequence=30000, timestamp=5)), receiver) == "1"
    )


def test_flash_and_payloads_too_short_are_no_digits() -> None:
    flash = RtpPacket(101, True, 1, 1, 7, build_event(TelephoneEvent(16, False, 160)))
    short = RtpPacket(101, True, 2, 500, 7, b"\x01\x0a\x00")
    assert heard([flash, short]) == ""


@given(
    st.lists(st.tuples(st.binary(max_size=6), st.integers(0, 0xFFFF), st.integers(0, 2**32 - 1)), max_size=20)
)
def test_garbage_never_raises(stream: list[tuple[bytes, int, int]]) -> None:
    assert set(
        heard(RtpPacket(101, False, sequence, stamp, 7, data) for data, sequence, stamp in stream)
    ) <= set(DIGITS)
