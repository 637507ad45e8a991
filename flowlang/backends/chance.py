"""Random bits that nobody can guess, from the kernel, fetched in blocks.

A call takes a dozen: tags, branches, ids, ports. A system call for each is a good part of what they cost.
"""

from __future__ import annotations

import os

_BLOCK = 4096  # bytes


class Chance:
    """As `random.SystemRandom` and `secrets.token_hex`; each bit is given out once."""

    def __init__(self) -> None:
        self._block = b""
        self._at = 0

    def token(self, size: int) -> str:
        """2 * `size` hex digits."""
        return self._take(size).hex()

    def getrandbits(self, k: int, /) -> int:
        """A number of that many bits."""
        size = (k + 7) // 8
        return int.from_bytes(self._take(size), "big") >> (8 * size - k)

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._block):
            self._block, self._at, end = os.urandom(max(_BLOCK, size)), 0, size
        taken = self._block[self._at : end]
        self._at = end
        return taken
