"""Who is heard: the signalled address first, another only by rule."""

from __future__ import annotations

from flowlang.rtp import Address, RtpPacket, SourceGuard

SIGNALLED: Address = ("192.0.2.7", 4000)
NAT: Address = ("198.51.100.9", 61000)
STRANGER: Address = ("203.0.113.66", 7000)


def guard() -> SourceGuard:
    made = SourceGuard()
    made.signal(SIGNALLED, NAT[0])
    return made


def packet(sequence: int = 1, ssrc: int = 1) -> RtpPacket:
    return RtpPacket(0, False, sequence, 160 * sequence, ssrc, b"")


def stream(
    guard: SourceGuard, source: Address, start: float, *, count: int = 10, step: int = 1
) -> list[bool]:
    """What becomes of packets 20 ms apart."""
    return [guard.accept(source, packet(n * step), start + n * 0.02) for n in range(count)]


def test_nobody_is_heard_before_an_address_is_signalled() -> None:
    fresh = SourceGuard()
    assert not any(stream(fresh, SIGNALLED, 0))
    assert fresh.current is None


def test_the_signalled_address_is_heard_from_its_first_packet() -> None:
    assert all(stream(guard(), SIGNALLED, 0))


def test_a_steady_stream_of_another_source_is_taken_after_five_packets_and_then_sent_to() -> None:
    chosen = guard()
    assert stream(chosen, NAT, 0) == 4 * [False] + 6 * [True]
    assert chosen.current == NAT


def test_a_steady_stream_of_a_host_that_has_nothing_to_do_with_the_call_is_never_taken() -> None:
    silent = guard()
    assert not any(stream(silent, STRANGER, 0, count=500))
    assert silent.current == SIGNALLED
    told_directly = SourceGuard()
    told_directly.signal(SIGNALLED, SIGNALLED[0])
    assert not any(stream(told_directly, NAT, 0, count=500))


def test_who_signals_from_the_host_of_his_sdp_is_not_left_for_a_stray_stream_of_another_port_there() -> None:
    """An RTP port was used again, and the sender of the call before goes on."""
    silent = SourceGuard()
    silent.signal(SIGNALLED, SIGNALLED[0])
    stray = (SIGNALLED[0], 4444)
    assert not any(stream(silent, stray, 0, count=250))
    assert silent.current == SIGNALLED
    assert silent.accept(SIGNALLED, packet(), 5.0)


def test_a_stream_of_five_seconds_of_another_port_there_is_his() -> None:
    silent = SourceGuard()
    silent.signal(SIGNALLED, SIGNALLED[0])
    port = (SIGNALLED[0], 4444)
    assert stream(silent, port, 0, count=252)[-1]
    assert silent.current == port


def test_a_burst_is_no_steady_stream() -> None:
    spoofed = guard()
    assert not any(spoofed.accept(STRANGER, packet(n), 1.0) for n in range(50))


def test_packets_in_no_order_are_no_steady_stream() -> None:
    assert not any(stream(guard(), STRANGER, 0, count=50, step=4097))


def test_nobody_else_is_heard_once_the_signalled_address_spoke() -> None:
    settled = guard()
    assert settled.accept(SIGNALLED, packet(), 0)
    assert not any(stream(settled, STRANGER, 0.01, count=500))
    assert settled.current == SIGNALLED


def test_the_signalled_address_wins_over_the_source_taken_before() -> None:
    settled = guard()
    assert stream(settled, NAT, 0)[-1]
    assert settled.accept(SIGNALLED, packet(), 1)
    assert not any(stream(settled, NAT, 1.01, count=100))


def test_after_five_silent_seconds_a_new_port_of_the_same_host_takes_over_and_no_other_host() -> None:
    settled = guard()
    assert settled.accept(SIGNALLED, packet(), 0)
    moved = (SIGNALLED[0], 4444)
    assert not any(stream(settled, moved, 4.5, count=20))
    assert not any(stream(settled, STRANGER, 5.1, count=20))
    assert stream(settled, moved, 6.0)[-1]
    assert settled.current == moved


def test_a_new_address_opens_the_choice_again_and_a_refresh_does_not() -> None:
    settled = guard()
    assert stream(settled, NAT, 0)[-1]
    settled.signal(SIGNALLED)
    assert settled.current == NAT
    settled.signal(STRANGER)
    assert settled.current == STRANGER
    assert not settled.accept(NAT, packet(11), 0.3)
    assert settled.accept(STRANGER, packet(), 0.3)


def test_a_spray_of_sources_neither_grows_nor_holds_off_a_steady_one_for_good() -> None:
    sprayed = guard()
    taken = False
    for n in range(200):
        now = n * 0.02
        if n < 50:
            for port in range(20):
                assert not sprayed.accept((NAT[0], 1000 + n * 20 + port), packet(), now)
        taken = taken or sprayed.accept(NAT, packet(n), now)
    assert taken
