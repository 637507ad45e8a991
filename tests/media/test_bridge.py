"""Two ports that pass to each other what they hear."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.media import PCMA, PCMU, MediaPlane, Prompt

from .conftest import LOOPBACK, Peer

SOUND = bytes(range(160))


@pytest.fixture
def other() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.socket.close()


class Bridged:
    """Alice by PCMU, Bob by PCMA with events under another number."""

    def __init__(self, plane: MediaPlane, alice: Peer, bob: Peer) -> None:
        self.alice, self.bob = alice, bob
        self.to_alice, self.to_bob = plane.open(LOOPBACK), plane.open(LOOPBACK)
        self.to_alice.connect(alice.address, PCMU, 20, 101)
        self.to_bob.connect(bob.address, PCMA, 20, 96)
        self.to_alice.pass_to(self.to_bob)
        self.to_bob.pass_to(self.to_alice)

    async def tick(self, ticks: int = 1) -> None:
        await trio.sleep(0.02 * ticks)


@pytest.fixture
async def bridged(plane: MediaPlane, peer: Peer, other: Peer) -> Bridged:
    made = Bridged(plane, peer, other)
    await trio.sleep(0.005)
    return made


async def test_each_hears_the_other_in_his_own_law(autojump_clock: MockClock, bridged: Bridged) -> None:
    bridged.alice.say(bridged.to_alice.address, SOUND)
    bridged.bob.say(bridged.to_bob.address, PCMU.transcode(SOUND, PCMA), 8)
    await bridged.tick()
    (to_bob,) = [each for each in bridged.bob.heard() if each.payload != PCMA.silence * 160]
    (to_alice,) = [each for each in bridged.alice.heard() if each.payload != PCMU.silence * 160]
    assert (to_bob.payload_type, to_bob.payload) == (8, PCMU.transcode(SOUND, PCMA))
    assert PCMU.decode(to_alice.payload) == PCMU.decode(PCMA.transcode(to_bob.payload, PCMU))


async def test_a_stream_goes_through_sample_by_sample_and_in_step(
    autojump_clock: MockClock, bridged: Bridged
) -> None:
    bridged.to_bob.connect(bridged.bob.address, PCMU, 20, 96)
    frames = [bytes([n]) * 160 for n in range(1, 51)]
    for frame in frames:
        bridged.alice.say(bridged.to_alice.address, frame)
        await bridged.tick()
    heard = bridged.bob.heard()
    talk = [each for each in heard if each.payload in frames]
    assert [each.payload for each in talk] == frames
    assert heard[-50:] == talk, "no silence of ours in between"
    numbers = [each.sequence for each in heard]
    assert [(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)] == [1] * (len(numbers) - 1)
    assert {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in itertools.pairwise(talk)} == {160}


async def test_keys_pass_and_are_told(autojump_clock: MockClock, bridged: Bridged, plane: MediaPlane) -> None:
    digits: list[str] = []
    bridged.to_alice.on_digit = digits.append
    phone = plane.open(LOOPBACK)
    phone.connect(bridged.to_alice.address, PCMU, 20, 101)
    bridged.to_alice.connect(phone.address, PCMU, 20, 101)
    phone.send_digits("5")
    await bridged.tick(10)
    events = [each for each in bridged.bob.heard() if each.payload_type == 96]
    assert digits == ["5"]
    assert len(events) == 7
    assert events[0].marker
    assert len({each.timestamp for each in events}) == 1


async def test_a_prompt_of_ours_is_heard_in_place_of_the_other(
    autojump_clock: MockClock, bridged: Bridged
) -> None:
    bridged.to_bob.play(Prompt("x", b"p" * 480, b"q" * 480))
    for _ in range(6):
        bridged.alice.say(bridged.to_alice.address, SOUND)
        await bridged.tick()
    heard = bridged.bob.heard()
    said = [each.payload for each in heard]
    assert said.count(b"q" * 160) == 3
    assert said[-1] == PCMU.transcode(SOUND, PCMA)
    numbers = [each.sequence for each in heard]
    assert [(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)] == [1] * (len(numbers) - 1)


async def test_who_is_muted_is_not_heard(autojump_clock: MockClock, bridged: Bridged) -> None:
    bridged.to_alice.muted = True
    bridged.alice.say(bridged.to_alice.address, SOUND)
    await bridged.tick()
    assert {each.payload for each in bridged.bob.heard()} <= {PCMA.silence * 160}


async def test_silence_of_ours_stands_for_one_who_sends_nothing(
    autojump_clock: MockClock, bridged: Bridged
) -> None:
    bridged.alice.say(bridged.to_alice.address, SOUND)
    await bridged.tick()
    bridged.bob.heard()
    await bridged.tick(8)
    assert bridged.bob.heard() == []
    await bridged.tick(10)
    silence = bridged.bob.heard()
    assert len(silence) == 5
    assert silence[0].marker


async def test_nothing_goes_to_one_who_holds_us_or_has_left(
    autojump_clock: MockClock, bridged: Bridged
) -> None:
    bridged.to_bob.connect(bridged.bob.address, replace(PCMA), 20, 96, sending=False)
    bridged.bob.heard()
    bridged.alice.say(bridged.to_alice.address, SOUND)
    await bridged.tick()
    assert bridged.bob.heard() == []
    bridged.to_bob.close()
    bridged.alice.say(bridged.to_alice.address, SOUND)
    await bridged.tick()


def test_one_law_becomes_the_other_by_its_sound() -> None:
    every = bytes(range(256))
    assert PCMU.transcode(every, PCMU) == every
    assert PCMU.decode(PCMA.transcode(every, PCMU)) == PCMU.decode(PCMU.encode(PCMA.decode(every)))
