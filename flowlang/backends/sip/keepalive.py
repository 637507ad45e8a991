"""Keeps the way open to peers behind NAT, and ours out of one: empty lines now and then (RFC 5626 §4.4).

To the servers where we are registered, and to phones whose Contact is not where they registered from. Over a
stream the two lines ask for one back, and only a connection that is there is used. Nobody's answer is waited
for: a phone that is gone is forgotten when its registration ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import trio

from flowlang.sip import Address

from .endpoint import Endpoint

EVERY = 25.0  # seconds; RFC 5626 §4.4.2: NAT forgets a UDP binding after 30


async def keep_alive(endpoint: Endpoint, peers: Callable[[], Iterable[Address]]) -> None:
    """Until cancelled; `peers` are asked for each time."""
    while True:
        await trio.sleep(EVERY)
        for each in dict.fromkeys(peers()):
            endpoint.ping(each)
