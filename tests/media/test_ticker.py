"""The one ticker: no drift, sensible when late, asleep when there is nothing to do."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.media import MediaConfig, MediaError, MediaPlane, NoPortLeft, Prompt

from .conftest import LOOPBACK, Peer


async def test_a_minute_is_three_thousand_ticks(autojump_clock: MockClock, plane: MediaPlane) -> None:
    port = plane.open(LOOPBACK)
    await trio.sleep(60.0)
    assert plane.stats.ticks in (2999, 3000)
    assert plane.stats.worst < 1e-6
    port.close()


async def test_a_plane_without_ports_does_not_tick(autojump_clock: MockClock, plane: MediaPlane) -> None:
    await trio.sleep(10)
    assert plane.stats.ticks == 0
    port = plane.open(LOOPBACK)
    await trio.sleep(0.105)
    port.close()
    await trio.sleep(10)
    assert plane.stats.ticks == 6  # the last one found nothing to do


async def late(clock: MockClock, seconds: float) -> None:
    """Let the clock run on as if the process had been stopped."""
    clock.jump(seconds)
    await trio.sleep(0.0001)


async def test_a_short_delay_is_made_good_at_once(
    plane: MediaPlane, peer: Peer, autojump_clock: MockClock
) -> None:
    port = plane.open(LOOPBACK)
    port.connect(peer.address)
    port.play(Prompt("x", b"p" * 1600, b"q" * 1600))
    await trio.sleep(0.101)
    await late(autojump_clock, 0.09)
    packets = peer.heard()
    assert len(packets) == 9
    assert packets[-1].timestamp == (packets[0].timestamp + 8 * 160) & 0xFFFFFFFF
    assert plane.stats.late > 0
    assert plane.stats.skipped == 0


@pytest.mark.parametrize("plays", [True, False])
async def test_a_long_delay_is_skipped_and_the_media_clock_stays_true(
    plane: MediaPlane, peer: Peer, autojump_clock: MockClock, plays: bool
) -> None:
    port = plane.open(LOOPBACK)
    port.connect(peer.address)
    if plays:
        port.play(Prompt("x", b"p" * 16000, b"q" * 16000))
    await trio.sleep(0.101)
    before = peer.heard()
    await late(autojump_clock, 3.0)
    after = peer.heard()
    assert len(after) == 1
    assert after[0].marker
    assert after[0].sequence == (before[-1].sequence + 1) & 0xFFFF
    assert after[0].timestamp == (before[-1].timestamp + 150 * 160) & 0xFFFFFFFF
    await trio.sleep(1)
    assert len(peer.heard()) == (50 if plays else 1)


async def test_ports_are_even_and_not_used_again_at_once(
    autojump_clock: MockClock, plane: MediaPlane
) -> None:
    last = 0
    for _ in range(50):
        port = plane.open(LOOPBACK)
        assert plane.ports == (port,)
        assert port.address[1] % 2 == 0
        assert port.address[1] != last
        last = port.address[1]
        port.close()


async def test_nobody_foretells_the_port_of_the_next_call() -> None:
    opened: list[tuple[int, ...]] = []
    for seed in range(2):
        plane = MediaPlane(MediaConfig(ports=(28000, 28998)), randomness=random.Random(seed))
        ports = [plane.open(LOOPBACK) for _ in range(10)]
        opened.append(tuple(port.address[1] for port in ports))
        for port in ports:
            port.close()
    steps = {later - port for each in opened for port, later in pairwise(each)}
    assert len(steps) > 10
    assert opened[0] != opened[1]


async def test_a_port_in_use_is_passed_over_and_the_last_one_named() -> None:
    plane = MediaPlane(MediaConfig(ports=(27001, 27007)), randomness=random.Random(1))
    taken = MediaPlane(MediaConfig(ports=(27004, 27004))).open(LOOPBACK)
    opened = [plane.open(LOOPBACK), plane.open(LOOPBACK)]
    assert sorted(port.address[1] for port in opened) == [27002, 27006]
    with pytest.raises(
        NoPortLeft, match=r"no RTP port is free on 127\.0\.0\.1 among the even ones of 27001-27007"
    ):
        plane.open(LOOPBACK)
    taken.close()
    again = plane.open(LOOPBACK)
    assert again.address[1] == 27004
    for port in (*opened, again):
        port.close()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("192.0.2.1", "cannot bind an RTP port on 192.0.2.1: cannot assign requested address"),
        ("here", "'here' is no IP address"),
    ],
)
async def test_an_address_that_is_not_ours_is_said(
    autojump_clock: MockClock, plane: MediaPlane, address: str, message: str
) -> None:
    with pytest.raises(MediaError, match=message):
        plane.open(address)


@pytest.mark.parametrize("ports", [(0, 100), (200, 100), (100, 70000)])
async def test_a_range_that_is_none_is_said(autojump_clock: MockClock, ports: tuple[int, int]) -> None:
    with pytest.raises(MediaError, match="no range of UDP ports"):
        MediaPlane(MediaConfig(ports=ports))


async def test_ipv6_is_served_too(autojump_clock: MockClock, plane: MediaPlane) -> None:
    one, other = plane.open("::1"), plane.open("::1")
    one.connect(("0:0:0:0:0:0:0:1", other.address[1]))
    other.connect(one.address)
    await trio.sleep(0.1)
    assert one.stats.packets_in > 0


async def test_the_end_of_the_plane_closes_every_port(autojump_clock: MockClock) -> None:
    plane = MediaPlane(MediaConfig(ports=(26200, 26300)))
    async with trio.open_nursery() as nursery:
        await nursery.start(plane.run)
        port = plane.open(LOOPBACK)
        nursery.cancel_scope.cancel()
    assert port.closed
    assert plane.ports == ()
    with pytest.raises(MediaError, match="stopped"):
        plane.open(LOOPBACK)
