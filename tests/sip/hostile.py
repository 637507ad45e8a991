"""Mutated messages during calls, at an agent with a door, a registrar and a flood guard; what is left of it
is counted, in calls, tracebacks and memory. `tests/attack/hostile.py` does it to a whole server.

Messages come as datagrams and, cut into pieces, by streams; from strangers, and from the calls' own hosts.
"""

from __future__ import annotations

import gc
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

from flowlang.sip import Buckets, CallOffered
from flowlang.sip.address import Address
from flowlang.sip.framing import Frame, Framer
from tests.sip.test_door import kept
from tests.sip.test_hostile import CALLS, bend, calls_up, seeds
from tests.sip.wire import HERE, LIFETIME, THERE, Peer

STEP = 0.002  # seconds between two messages: 500 a second
ROUND = 1_000  # messages, after which all that waits may come to its end


@dataclass(frozen=True, slots=True)
class Outcome:
    """`memory` is what the process has at the end over what it had when the calls were up."""

    messages: int
    dropped_calls: int
    tracebacks: int
    left: int
    memory: float


def run(count: int, seed: int) -> Outcome:
    """That many messages."""
    chance = random.Random(seed)
    peer = kept(open_=True)
    calls = calls_up(peer)
    peer.agent.flood = Buckets()
    originals = seeds()
    before = resident()
    tracebacks = sum(
        attack(peer, originals, chance, min(ROUND, count - done)) for done in range(0, count, ROUND)
    )
    dropped = sum(call.state != "confirmed" for call in calls)
    left = len(peer.agent.calls) - CALLS + len(peer.agent.transactions) + len(peer.agent.timers)
    return Outcome(count, dropped, tracebacks, left, round(resident() / before, 3))


def attack(peer: Peer, originals: list[bytes], chance: random.Random, count: int) -> int:
    """Send them, then let all come to its end. How often the agent raised."""
    raised, framer = 0, Framer()
    for _ in range(count):
        data = bend(chance.choice(originals), chance)
        source = Address(f"203.0.113.{chance.randrange(1, 250)}", 5060) if chance.random() < 0.8 else THERE
        try:
            if chance.random() < 0.3:
                for at in range(0, len(data), 97):
                    for found in framer.feed(data[at : at + 97]):
                        if isinstance(found, Frame):
                            peer.agent.receive(found.data, source._replace(transport="tcp"), HERE, peer.now)
                framer = Framer()
            else:
                peer.agent.receive(data, source, HERE, peer.now)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            print(f"{error!r} for {data!r}", file=sys.stderr)
            raised += 1
        refuse(peer)
        peer.now += STEP
        peer.agent.tick(peer.now)
        refuse(peer)
    peer.now += 4 * LIFETIME
    peer.agent.tick(peer.now)
    refuse(peer)
    peer.run(peer.now + 4 * LIFETIME)
    peer.sent.clear()
    peer.events.clear()
    return raised


def refuse(peer: Peer) -> None:
    """Reject what came up, and keep nothing of what was said."""
    while outputs := peer.agent.drain():
        for each in outputs:
            if isinstance(each, CallOffered):
                each.call.hang_up(peer.now)


def resident() -> float:
    """MiB that the process holds, after what is garbage is gone."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
