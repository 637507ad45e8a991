"""Loss counted after RFC 3550 A.3."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from flowlang.rtp import Reception, RtpPacket


def counted(sequences: Iterable[int], ssrc: int = 1, reception: Reception | None = None) -> Reception:
    reception = reception or Reception()
    for sequence in sequences:
        reception.count(RtpPacket(0, False, sequence & 0xFFFF, 0, ssrc, b""))
    return reception


def test_nothing_came_and_nothing_is_lost() -> None:
    assert (Reception().received, Reception().lost) == (0, 0)


@given(st.integers(0, 0xFFFF), st.lists(st.booleans(), max_size=400))
def test_every_packet_missing_between_two_that_came_is_lost(first: int, arrives: list[bool]) -> None:
    places = [0, *(place for place, there in enumerate(arrives, 1) if there)]
    reception = counted(first + place for place in places)
    assert reception.received == len(places)
    assert reception.lost == places[-1] + 1 - len(places)


def test_disorder_across_the_wrap_is_no_loss() -> None:
    assert counted([65534, 0, 65535, 1]).lost == 0


def test_repeated_packets_do_not_make_loss_negative() -> None:
    assert counted([5, 5, 5, 5]).lost == 0


def test_a_restart_of_the_sender_is_no_loss() -> None:
    assert counted([100, 101, 40000, 40001, 40002]).lost == 0


def test_one_stray_sequence_number_is_no_restart() -> None:
    assert counted([100, 40000, 101, 103]).lost == 0  # the stray one stands for the missing one
    assert counted([100, 40000, 101, 104]).lost == 1


def test_a_new_ssrc_keeps_the_loss_before_it() -> None:
    reception = counted([1, 3])
    assert counted([9000, 9001, 9003], 2, reception).lost == 2
