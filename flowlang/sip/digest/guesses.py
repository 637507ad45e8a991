"""Those who guess passwords wait, longer after each wrong one; nobody else waits for them.

A guess counts against the address it came from together with the user it names, and against the address
alone: so neither many passwords for one user nor one password for many users gets far.
"""

from __future__ import annotations

from collections import OrderedDict

FREE = 3
"""Wrong passwords without a wait: people mistype."""
FREE_OF_ADDRESS = 20
"""The same for an address with many users behind it."""
LONGEST = 300.0
"""Seconds that one waits at most; twice as long after the last guess all is forgotten."""
MAX_KEPT = 20_000

_Key = tuple[str, str | None]


class Guesses:
    """Wrong passwords of late."""

    def __init__(self, limit: int = MAX_KEPT) -> None:
        self._limit = limit
        self._kept: OrderedDict[_Key, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def must_wait(self, host: str, user: str, now: float) -> bool:
        """Whether this one has to wait before his credentials are looked at."""
        return self._waits((host, user), FREE, now) or self._waits((host, None), FREE_OF_ADDRESS, now)

    def wrong(self, host: str, user: str, now: float) -> None:
        """Another wrong password."""
        for key in ((host, user), (host, None)):
            count, last = self._kept.pop(key, (0, now))
            self._kept[key] = (1 if now - last > 2 * LONGEST else count + 1, now)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def right(self, host: str, user: str) -> None:
        """He knew it. The address keeps its count, or an account of his own would let a guesser go on."""
        self._kept.pop((host, user), None)

    def _waits(self, key: _Key, free: int, now: float) -> bool:
        count, last = self._kept.get(key, (0, 0.0))
        if count < free:
            return False
        return now < last + min(2.0 ** min(count - free, 16), LONGEST)
