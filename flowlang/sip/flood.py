"""How much a source may ask that has not shown who it is; what is more is dropped in silence.

A bucket of tokens for each source: it holds `BURST`, and `RATE` a second come back. An IPv6 source is its
/64, for whoever has one address there has them all. What such a source sends is then let through only where
it names a call that is up or a request of ours: looked for in its bytes, as to have all of it read is what a
flood is for.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address

from flowlang.sip.address import ip_literal
from flowlang.sip.parse import MAX_HEAD

RATE = 20.0
"""Requests a second: more than any phone needs, and nothing to us."""
BURST = 200.0
"""An office whose phones all come back at once."""
MAX_KEPT = 20_000
_NETWORK_BITS = 64  # RFC 4291 §2.5.1: behind them, who has one address has all

_BRANCH = re.compile(rb"branch[ \t]*=[ \t]*([^;,\s]{1,128})", re.IGNORECASE)
_CALL_ID = re.compile(rb"^(?:call-id|i)[ \t]*:[ \t]*(\S{1,512})", re.IGNORECASE | re.MULTILINE)
_TAG = rb"[ \t]*:[^\r\n]{0,1024}?;[ \t]*tag[ \t]*=[ \t]*([^;,>\s]{1,256})"
_TO_TAG = re.compile(rb"^(?:to|t)" + _TAG, re.IGNORECASE | re.MULTILINE)
_FROM_TAG = re.compile(rb"^(?:from|f)" + _TAG, re.IGNORECASE | re.MULTILINE)


def branch_in(message: bytes) -> str | None:
    """The first branch of what reads like a message."""
    return _first(_BRANCH, message)


def dialog_in(request: bytes) -> tuple[str, str, str]:
    """The dialog of what reads like a request, as who gets it knows it: Call-ID, our tag, the other's."""
    return _first(_CALL_ID, request) or "", _first(_TO_TAG, request) or "", _first(_FROM_TAG, request) or ""


def _first(form: re.Pattern[bytes], data: bytes) -> str | None:
    found = form.search(data, 0, MAX_HEAD)
    return None if found is None else found[1].decode("utf-8", "surrogateescape")


class Buckets:
    """One for each source that took something of late."""

    def __init__(self, rate: float = RATE, burst: float = BURST, limit: int = MAX_KEPT) -> None:
        self._rate = rate
        self._burst = burst
        self._limit = limit
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens left, when

    def __len__(self) -> int:
        return len(self._kept)

    def is_empty(self, host: str, now: float) -> bool:
        """Whether this source has had all that it may have for now."""
        return self._left(_source(host), now) < 1

    def take(self, host: str, now: float) -> None:
        """One request of a source that has not shown who it is."""
        source = _source(host)
        left = max(self._left(source, now) - 1, 0.0)
        self._kept.pop(source, None)
        self._kept[source] = (left, now)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def give_back(self, host: str, now: float) -> None:
        """The last one did show it."""
        source = _source(host)
        left = self._left(source, now) + 1
        if left >= self._burst:
            self._kept.pop(source, None)
        else:
            self._kept[source] = (left, now)

    def _left(self, source: str, now: float) -> float:
        left, when = self._kept.get(source, (self._burst, now))
        return min(self._burst, left + (now - when) * self._rate)


class Rate:
    """How many a second, on average over a second: a bucket of one."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._burst = max(rate, 1.0)
        self._left = self._burst
        self._when = 0.0

    def is_spent(self, now: float) -> bool:
        """Whether there are none left for now."""
        self._left = min(self._burst, self._left + (now - self._when) * self._rate)
        self._when = now
        return self._left < 1

    def take(self) -> None:
        """One."""
        self._left -= 1


@lru_cache(maxsize=1024)
def _source(host: str) -> str:
    address = ip_literal(host)
    if not isinstance(address, IPv6Address):
        return host
    return str(IPv6Address(int(address) >> _NETWORK_BITS << _NETWORK_BITS))
