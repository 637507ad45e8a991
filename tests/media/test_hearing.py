"""What a port takes in: digits, counts, recordings; and what it leaves out."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.media import PCMA, PCMU, Ended, MediaError, MediaPlane, MediaPort, Prompt
from flowlang.rtp import read_wav

from .conftest import LOOPBACK, Peer


@pytest.fixture
async def port(plane: MediaPlane, peer: Peer) -> MediaPort:
    """A port in call with the peer, 5 ms after its first tick was set: tests look between ticks."""
    opened = plane.open(LOOPBACK)
    opened.connect(peer.address, PCMU, 20, 101)
    await trio.sleep(0.005)
    return opened


@pytest.fixture
def phone(phones: MediaPlane, port: MediaPort) -> MediaPort:
    """A telephone, in call with the port."""
    opened = phones.open(LOOPBACK)
    opened.connect(port.address, PCMU, 20, 101)
    port.connect(opened.address, PCMU, 20, 101)
    return opened


async def test_digits_arrive_once_each_and_in_order(
    autojump_clock: MockClock, phone: MediaPort, port: MediaPort
) -> None:
    digits: list[str] = []
    told: list[float] = []
    port.on_digit = digits.append
    start = trio.current_time()
    phone.send_digits("1123#", lambda: told.append(round(trio.current_time() - start, 3)))
    await trio.sleep(0.05)
    assert digits == ["1"]
    await trio.sleep(2)
    assert digits == ["1", "1", "2", "3", "#"]
    assert told == [pytest.approx(1.0)]  # five times 7 packets and 3 of a gap


async def test_sound_waits_for_digits(autojump_clock: MockClock, port: MediaPort, peer: Peer) -> None:
    port.play(Prompt("x", bytes(range(160)) * 4, bytes(640)))
    port.send_digits("7")
    await trio.sleep(0.3)
    packets = peer.heard()
    assert [packet.payload_type for packet in packets[:7]] == 7 * [101]
    assert b"".join(packet.payload for packet in packets[7:11]) == bytes(range(160)) * 4
    assert packets[7].timestamp == packets[0].timestamp + 7 * 160


async def test_each_side_may_number_its_events_otherwise(
    autojump_clock: MockClock, phone: MediaPort, port: MediaPort
) -> None:
    digits: list[str] = []
    port.on_digit = digits.append
    port.connect(phone.address, PCMU, 20, 96)
    phone.connect(port.address, PCMU, 20, 101, event_send_type=96)
    phone.send_digits("5")
    await trio.sleep(0.3)
    assert digits == ["5"]


async def test_digits_need_a_peer_that_takes_them(
    autojump_clock: MockClock, port: MediaPort, peer: Peer
) -> None:
    with pytest.raises(MediaError, match="'x' is no DTMF digit"):
        port.send_digits("x")
    port.connect(peer.address, PCMU)
    with pytest.raises(MediaError, match="takes no telephone events"):
        port.send_digits("1")


async def test_every_packet_is_counted(autojump_clock: MockClock, port: MediaPort, peer: Peer) -> None:
    await trio.sleep(0.01)
    start = trio.current_time()
    for _ in range(5):
        peer.say(port.address)
        await trio.sleep(0.02)
    peer.say(port.address)
    peer.say(port.address)
    await trio.sleep(0.02)
    stats = port.stats
    assert (stats.packets_in, stats.bytes_in, stats.lost) == (7, 7 * 172, 0)
    assert stats.first_arrival == pytest.approx(start + 0.005)
    assert stats.last_arrival == pytest.approx(start + 0.105)
    assert stats.packets_out == 5
    assert stats.bytes_out == 5 * 172


async def test_lost_packets_are_counted(autojump_clock: MockClock, port: MediaPort, peer: Peer) -> None:
    for n in range(10):
        peer.say(port.address if n not in (3, 4, 7) else ("127.0.0.1", 9))
    await trio.sleep(0.05)
    assert (port.stats.packets_in, port.stats.lost) == (7, 3)


@pytest.mark.parametrize(
    "datagram", [b"", b"\0" * 11, b"\x40" + b"\0" * 30, b"\x80\0" + b"\0" * 1499, b"\x80\xc8" + b"\0" * 26]
)
async def test_what_is_no_rtp_is_dropped_and_counted(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, datagram: bytes
) -> None:
    peer.socket.sendto(datagram, port.address)
    await trio.sleep(0.03)
    assert (port.stats.malformed, port.stats.packets_in) == (1, 0)


async def test_a_stranger_is_neither_heard_nor_answered(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, stranger: Peer, tmp_path: Path
) -> None:
    digits: list[str] = []
    port.on_digit = digits.append
    peer.say(port.address)
    await trio.sleep(0.03)
    recording = port.record_to(tmp_path / "heard.wav")
    for _ in range(100):
        stranger.say(port.address)
        stranger.say(port.address, b"\x05\x0a\x00\xa0", 101)
        await trio.sleep(0.02)
    assert port.stats.strangers == 200
    assert stranger.heard() == []
    assert digits == []
    assert recording.seconds == 0


async def test_a_peer_behind_nat_is_found_by_its_steady_stream(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, stranger: Peer
) -> None:
    port.connect(("127.0.0.2", peer.address[1]), signalled_from="127.0.0.1")
    for _ in range(10):
        stranger.say(port.address)
        await trio.sleep(0.02)
    assert len(stranger.heard()) == 5, "at once, though there is nothing to say"
    assert peer.heard() == []


async def test_a_stream_of_another_call_that_strays_in_does_not_take_the_sound_of_a_silent_peer(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, stranger: Peer
) -> None:
    peer.heard()
    for _ in range(100):
        stranger.say(port.address)
        await trio.sleep(0.02)
    assert peer.heard()
    assert stranger.heard() == []
    assert port.stats.strangers == 100


async def test_nothing_is_heard_before_connect(
    autojump_clock: MockClock, plane: MediaPlane, peer: Peer
) -> None:
    port = plane.open(LOOPBACK)
    for _ in range(10):
        peer.say(port.address)
        await trio.sleep(0.02)
    await trio.sleep(0.02)
    assert (port.stats.packets_in, port.stats.strangers) == (0, 10)


async def test_a_flood_on_one_port_does_not_hold_up_another(
    autojump_clock: MockClock, port: MediaPort, plane: MediaPlane, peer: Peer, stranger: Peer
) -> None:
    other = plane.open(LOOPBACK)
    other.connect(stranger.address)
    for _ in range(200):
        peer.say(port.address)
    stranger.say(other.address)
    await trio.sleep(0.025)
    assert other.stats.packets_in == 1
    assert 0 < port.stats.packets_in < 20


async def test_a_recording_is_what_was_said(
    autojump_clock: MockClock, phone: MediaPort, port: MediaPort, tmp_path: Path
) -> None:
    said = bytes(n % 128 for n in range(12000))
    recording = port.record_to(tmp_path / "heard.wav")
    phone.play(Prompt("x", said, said))
    await trio.sleep(1.605)
    recording.stop()
    heard = read_wav((tmp_path / "heard.wav").read_bytes(), "heard")
    assert heard[: 2 * len(said)] == PCMU.decode(said)
    assert recording.seconds == pytest.approx(1.6, abs=0.021)


async def test_gaps_and_codec_changes_keep_their_place_in_a_recording(
    autojump_clock: MockClock, port: MediaPort, peer: Peer, tmp_path: Path
) -> None:
    recording = port.record_to(tmp_path / "heard.wav")
    peer.say(port.address, b"\x10" * 160)
    for _ in range(2):
        peer.say(("127.0.0.1", 9))
    peer.say(port.address, b"\x10" * 160, 8)
    peer.say(port.address, b"\x00", 13)  # comfort noise is no sound to us
    await trio.sleep(0.05)
    recording.stop()
    samples = array("h", read_wav((tmp_path / "heard.wav").read_bytes(), "heard"))
    one, other = (array("h", codec.decode(b"\x10"))[0] for codec in (PCMU, PCMA))
    assert samples[:160].tolist() == 160 * [one]
    assert max(map(abs, samples[160:480])) <= 8
    assert samples[480:].tolist() == 160 * [other]


async def test_closing_a_port_ends_its_playback_and_its_recording(
    autojump_clock: MockClock, port: MediaPort, tmp_path: Path
) -> None:
    ends: list[Ended] = []
    port.play(Prompt("x", bytes(8000), bytes(8000)), ends.append)
    port.record_to(tmp_path / "heard.wav")
    port.close()
    port.close()
    assert ends == [Ended.STOPPED]
    assert len((tmp_path / "heard.wav").read_bytes()) == 44
    with pytest.raises(MediaError, match="closed"):
        port.play(Prompt("x", b"", b""))
    await trio.sleep(0.1)


async def test_a_port_may_be_closed_by_its_own_digit(
    autojump_clock: MockClock, phone: MediaPort, port: MediaPort
) -> None:
    port.on_digit = lambda _: port.close()
    phone.send_digits("1")
    await trio.sleep(0.5)
    assert port.closed


async def test_a_full_disk_ends_the_recording_and_not_the_call(
    autojump_clock: MockClock, phone: MediaPort, port: MediaPort
) -> None:
    recording = port.record_to(Path("/dev/full"))
    await trio.sleep(3)
    port.close()
    assert recording.error == "/dev/full: no space left on device"


async def test_sound_is_known_by_the_number_that_was_agreed_for_it(
    autojump_clock: MockClock, plane: MediaPlane, port: MediaPort, phone: MediaPort
) -> None:
    heard: list[bytes] = []
    port.on_sound = heard.append
    phone.connect(port.address, replace(PCMA, payload_type=96))
    port.connect(phone.address, replace(PCMA, payload_type=97))
    await trio.sleep(0.1)
    assert not heard, "nobody said what 96 is"
    port.connect(phone.address, replace(PCMA, payload_type=97), receive_type=96)
    await trio.sleep(0.1)
    assert heard
