"""Nonces that carry their time and are signed, so that none need be kept before one was used with success.

The signature is of the host as well that the nonce was given to: who fetches one cannot use it with another's
address for his own (RFC 7616 §5.9 has such nonces), and guess passwords until that one has to wait.

From then on its count is kept, and must rise, until the nonce is too old. Where that would be too many, the
oldest is dropped, and every nonce made before it counts as too old: nothing dropped can be used again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable

LIFETIME = 300.0
"""Seconds for which a nonce is good; a client is told `stale` after that and asks nobody for the password."""
MAX_USED = 20_000
"""Counts kept; a registration keeps one for LIFETIME."""

_TIME_DIGITS, _RANDOM_BYTES, _MAC_BYTES = 12, 8, 16


class Nonces:
    """Of one realm. `key` is secret; `token(n)` gives 2n hex digits that nobody can guess."""

    def __init__(self, key: bytes, token: Callable[[int], str], limit: int = MAX_USED) -> None:
        self._key = key
        self._token = token
        self._limit = limit
        self._used: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._not_before = float("-inf")

    def __len__(self) -> int:
        return len(self._used)

    def new(self, host: str, now: float) -> str:
        """A nonce that nobody has seen, for whoever is at `host`."""
        made = f"{round(now * 1000):0{_TIME_DIGITS}x}{self._token(_RANDOM_BYTES)}"
        return made + self._sign(made, host)

    def is_fresh(self, nonce: str, host: str, now: float) -> bool:
        """Whether it is ours, given to this host and not too old."""
        made = self._made_at(nonce, host)
        return made is not None and self._not_before < made <= now + 1 and now - made < LIFETIME

    def use(self, nonce: str, count: int, host: str, now: float) -> bool:
        """Note a success with a fresh nonce; False where the count has not risen: somebody repeats it."""
        self._sweep(now)
        _, last = self._used.get(nonce, (0.0, 0))
        if count <= last:
            return False
        made = self._made_at(nonce, host)
        self._used[nonce] = (now if made is None else made, count)
        if len(self._used) > self._limit:
            _, (made, _) = self._used.popitem(last=False)
            self._not_before = max(self._not_before, made)
        return True

    def _sweep(self, now: float) -> None:
        while self._used:
            nonce, (made, _) = next(iter(self._used.items()))
            if now - made < LIFETIME:
                return
            del self._used[nonce]

    def _made_at(self, nonce: str, host: str) -> float | None:
        length = _TIME_DIGITS + 2 * _RANDOM_BYTES
        made, mac = nonce[:length], nonce[length:]
        if len(mac) != 2 * _MAC_BYTES or not nonce.isascii():
            return None
        if not hmac.compare_digest(mac, self._sign(made, host)):
            return None
        return int(made[:_TIME_DIGITS], 16) / 1000

    def _sign(self, made: str, host: str) -> str:
        return hmac.new(self._key, f"{made} {host}".encode(), hashlib.sha256).hexdigest()[: 2 * _MAC_BYTES]
