"""What the peer hears: frames on time, in the negotiated form, and who is told of the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.media import PCMA, PCMU, Ended, MediaConfig, MediaError, MediaPlane, MediaPort, Prompt

from .conftest import LOOPBACK, Peer

Ramp = Callable[[int], Prompt]


@pytest.fixture
async def port(plane: MediaPlane, peer: Peer) -> MediaPort:
    """A port in call with the peer, 5 ms after its first tick was set: tests look between ticks."""
    opened = plane.open(LOOPBACK)
    opened.connect(peer.address, PCMU, 20, 101)
    await trio.sleep(0.005)
    return opened


def sound(peer: Peer) -> bytes:
    return b"".join(packet.payload for packet in peer.heard())


async def test_a_prompt_arrives_whole_and_in_order(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ramp: Ramp
) -> None:
    port.play(ramp(1600))
    await trio.sleep(0.21)
    packets = peer.heard()
    assert b"".join(packet.payload for packet in packets) == ramp(1600).pcmu
    first = packets[0]
    assert first.marker
    assert [packet.marker for packet in packets[1:]] == 9 * [False]
    for place, packet in enumerate(packets):
        assert packet.payload_type == 0
        assert packet.ssrc == first.ssrc
        assert packet.sequence == (first.sequence + place) & 0xFFFF
        assert packet.timestamp == (first.timestamp + 160 * place) & 0xFFFFFFFF


@pytest.mark.parametrize(("ptime", "count"), [(10, 60), (20, 30), (25, 24), (30, 20), (40, 15), (60, 10)])
async def test_each_leg_has_its_own_packet_time(
    autojump_clock: MockClock, plane: MediaPlane, peer: Peer, ramp: Ramp, ptime: int, count: int
) -> None:
    port = plane.open(LOOPBACK)
    port.connect(peer.address, PCMA, ptime)
    port.play(ramp(4800))
    await trio.sleep(0.605)
    packets = peer.heard()
    assert len(packets) == count
    assert {len(packet.payload) for packet in packets} == {8 * ptime}
    assert b"".join(packet.payload for packet in packets) == ramp(4800).pcma


async def test_the_end_is_told_when_the_last_packet_time_is_over(
    autojump_clock: MockClock, port: MediaPort, ramp: Ramp
) -> None:
    ends: list[tuple[Ended, float]] = []
    start = trio.current_time()
    port.play(ramp(250), lambda how: ends.append((how, round(trio.current_time() - start, 3))))
    await trio.sleep(1)
    assert ends == [(Ended.FINISHED, 0.055)]  # two packets, the first 15 ms from now


async def test_the_last_packet_is_filled_with_silence(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ramp: Ramp
) -> None:
    port.play(ramp(200))
    await trio.sleep(0.05)
    assert sound(peer) == ramp(200).pcmu + b"\xff" * 120


async def test_a_leg_that_is_up_hears_a_little_silence_then_a_packet_a_second(
    autojump_clock: MockClock, port: MediaPort, peer: Peer
) -> None:
    await trio.sleep(0.495)
    packets = peer.heard()
    assert b"".join(each.payload for each in packets) == b"\xff" * 800
    assert [each.marker for each in packets] == [True, *[False] * 4]
    await trio.sleep(10)
    kept_alive = peer.heard()
    assert len(kept_alive) == 10
    for number, packet in enumerate(kept_alive, 1):
        assert packet.marker
        assert packet.payload == b"\xff" * 160
        assert packet.sequence == (packets[-1].sequence + number) & 0xFFFF
        assert packet.timestamp == (packets[-1].timestamp + number * 8000) & 0xFFFFFFFF


@pytest.mark.parametrize("ptime", [10, 20, 30, 60])
async def test_after_a_rest_the_sound_is_where_the_clock_has_it(
    autojump_clock: MockClock, plane: MediaPlane, peer: Peer, ramp: Ramp, ptime: int
) -> None:
    port = plane.open(LOOPBACK)
    port.connect(peer.address, ptime=ptime)
    await trio.sleep(0.305)
    first = peer.heard()[0]
    await trio.sleep(0.3)
    port.play(ramp(480))
    await trio.sleep(0.6)
    packets = peer.heard()
    talk = [each for each in packets if each.payload != b"\xff" * 8 * ptime]
    assert b"".join(each.payload for each in talk) == ramp(480).pcmu
    assert [each.marker for each in talk] == [True, *[False] * (len(talk) - 1)]
    assert packets[0].sequence == (first.sequence + 5) & 0xFFFF
    assert 4800 - 8 * ptime <= (talk[0].timestamp - first.timestamp) & 0xFFFFFFFF <= 4800 + 8 * ptime
    assert len(packets) - len(talk) == 6, "the packet time at which the end is told, and a little silence"


async def test_a_plane_may_send_silence_all_the_time_as_telephones_do(
    autojump_clock: MockClock, nursery: trio.Nursery, peer: Peer
) -> None:
    plane = MediaPlane(MediaConfig(ports=(26000, 26100), silence="steady"))
    await nursery.start(plane.run)
    port = plane.open(LOOPBACK)
    port.connect(peer.address)
    await trio.sleep(1.005)
    assert sound(peer) == b"\xff" * 8000
    port.close()


async def test_a_plane_may_be_told_to_send_no_silence(
    autojump_clock: MockClock, nursery: trio.Nursery, peer: Peer, ramp: Ramp
) -> None:
    plane = MediaPlane(MediaConfig(ports=(26000, 26100), silence="none"))
    await nursery.start(plane.run)
    port = plane.open(LOOPBACK)
    port.connect(peer.address)
    for _ in range(2):
        port.play(ramp(320))
        await trio.sleep(0.205)
    packets = peer.heard()
    assert [packet.marker for packet in packets] == [True, False, True, False]
    assert packets[2].sequence == (packets[1].sequence + 1) & 0xFFFF
    assert packets[2].timestamp - packets[0].timestamp == 1600
    port.close()


async def test_a_stopped_prompt_is_told_once_and_sends_nothing_more(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ramp: Ramp
) -> None:
    ends: list[Ended] = []
    playback = port.play(ramp(8000), ends.append)
    await trio.sleep(0.11)
    playback.stop()
    playback.stop()
    assert ends == [Ended.STOPPED]
    assert not playback.active
    peer.heard()
    await trio.sleep(0.1)
    assert set(sound(peer)) == {0xFF}
    assert ends == [Ended.STOPPED]


async def test_the_next_prompt_stops_the_one_before(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ramp: Ramp
) -> None:
    ends: list[tuple[str, Ended]] = []
    port.play(ramp(8000), lambda how: ends.append(("one", how)))
    port.play(ramp(160), lambda how: ends.append(("two", how)))
    await trio.sleep(0.1)
    assert ends == [("one", Ended.STOPPED), ("two", Ended.FINISHED)]


async def test_a_prompt_begun_at_the_end_of_another_follows_without_a_gap(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ramp: Ramp
) -> None:
    port.play(ramp(320), lambda _: port.play(ramp(480)) and None)
    await trio.sleep(0.11)
    assert sound(peer) == ramp(320).pcmu + ramp(480).pcmu


async def test_an_empty_prompt_finishes_and_a_chain_of_them_holds_up_nobody(
    autojump_clock: MockClock, port: MediaPort, ramp: Ramp
) -> None:
    ends = 0

    def again(_: Ended) -> None:
        nonlocal ends
        ends += 1
        port.play(ramp(0), again)

    port.play(ramp(0), again, loop=True)
    await trio.sleep(0.105)
    assert ends == 5


@pytest.mark.parametrize("samples", [40, 160, 250, 320])
async def test_a_loop_goes_round_without_a_seam_until_it_is_stopped(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ramp: Ramp, samples: int
) -> None:
    ends: list[Ended] = []
    playback = port.play(ramp(samples), ends.append, loop=True)
    await trio.sleep(0.205)
    assert sound(peer) == (ramp(samples).pcmu * 41)[:1600]
    playback.stop()
    assert ends == [Ended.STOPPED]


async def test_a_new_answer_changes_codec_and_packet_time_where_the_sound_is(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ramp: Ramp
) -> None:
    port.play(ramp(1600))
    await trio.sleep(0.05)
    port.connect(peer.address, replace(PCMA, payload_type=96), 40)
    await trio.sleep(0.1)
    packets = peer.heard()
    assert [(packet.payload_type, len(packet.payload)) for packet in packets] == [
        (0, 160),
        (0, 160),
        (96, 320),
        (96, 320),
    ]
    assert packets[2].payload == ramp(1600).pcma[320:640]
    assert packets[2].timestamp == packets[1].timestamp + 160


@pytest.mark.parametrize("hold", [("0.0.0.0", 4000), ("::", 4000), (LOOPBACK, 0)])
async def test_hold_sends_nothing_and_the_prompt_runs_on(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ramp: Ramp, hold: tuple[str, int]
) -> None:
    ends: list[Ended] = []
    port.play(ramp(1600), ends.append)
    await trio.sleep(0.05)
    before = peer.heard()
    port.connect(hold, PCMU, 20, 101)
    await trio.sleep(0.1)
    assert peer.heard() == []
    port.connect(peer.address, PCMU, 20, 101)
    await trio.sleep(0.04)
    after = peer.heard()
    assert after[0].sequence == before[-1].sequence + 1
    assert after[0].timestamp == before[-1].timestamp + 6 * 160
    assert after[0].marker
    assert after[0].payload == ramp(1600).pcmu[7 * 160 : 8 * 160]
    await trio.sleep(0.1)
    assert ends == [Ended.FINISHED]


async def test_a_direction_without_us_sends_nothing(
    autojump_clock: MockClock, port: MediaPort, peer: Peer
) -> None:
    port.connect(peer.address, PCMU, sending=False)
    await trio.sleep(0.1)
    assert peer.heard() == []


async def test_nothing_is_sent_before_the_peer_is_known(
    autojump_clock: MockClock, plane: MediaPlane, ramp: Ramp
) -> None:
    port = plane.open(LOOPBACK)
    ends: list[Ended] = []
    port.play(ramp(160), ends.append)
    await trio.sleep(0.1)
    assert port.stats.packets_out == 0
    assert ends == [Ended.FINISHED]


@pytest.mark.parametrize(
    "remote", [("224.0.0.1", 4000), ("255.255.255.255", 4000), ("example.org", 4000), (LOOPBACK, 70000)]
)
async def test_what_is_no_unicast_address_is_refused(
    autojump_clock: MockClock, port: MediaPort, remote: tuple[str, int]
) -> None:
    with pytest.raises(MediaError):
        port.connect(remote)


@pytest.mark.parametrize("ptime", [0, 9, 61, -20])
async def test_packet_times_out_of_range_are_refused(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, ptime: int
) -> None:
    with pytest.raises(MediaError, match=r"ptime -?\d+ ms is not within 10 to 60"):
        port.connect(peer.address, ptime=ptime)


async def test_a_callback_that_fails_silences_nobody(
    autojump_clock: MockClock,
    port: MediaPort,
    plane: MediaPlane,
    stranger: Peer,
    ramp: Ramp,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: Ended) -> None:
        raise RuntimeError("a fault of the owner")

    other = plane.open(LOOPBACK)
    other.connect(stranger.address)
    port.play(ramp(160), fail)
    other.play(ramp(1600))
    await trio.sleep(0.205)
    assert sound(stranger) == ramp(1600).pcmu
    assert [record.message for record in caplog.records] == ["a media callback failed"]
