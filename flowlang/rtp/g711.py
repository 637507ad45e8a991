"""G.711: PCMU and PCMA (RFC 3551 §4.5.14), 8,000 samples a second, one byte a sample.

Whole prompts are converted once; nothing here is meant for a call per frame. `audioop` is stdlib up to Python
3.12 and the package `audioop-lts` from 3.13 on.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

with warnings.catch_warnings():
    # 3.11 and 3.12 announce the module's removal; the dependency marker on audioop-lts has taken care of it.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

SAMPLE_RATE = 8000
_WIDTH = 2  # bytes a sample of PCM16


@dataclass(frozen=True, slots=True)
class Codec:
    """One of the two laws as an SDP negotiates it: `dataclasses.replace(PCMU, payload_type=96)` for a dynamic
    number.

    `silence` is the byte of digital silence.
    """

    name: Literal["PCMU", "PCMA"]
    payload_type: int
    silence: bytes

    def encode(self, pcm: bytes) -> bytes:
        """PCM16 in the machine's byte order to G.711, half as many bytes."""
        return audioop.lin2ulaw(pcm, _WIDTH) if self.name == "PCMU" else audioop.lin2alaw(pcm, _WIDTH)

    def decode(self, data: bytes) -> bytes:
        """G.711 to PCM16 in the machine's byte order, twice as many bytes."""
        return audioop.ulaw2lin(data, _WIDTH) if self.name == "PCMU" else audioop.alaw2lin(data, _WIDTH)

    def transcode(self, data: bytes, to: Codec) -> bytes:
        """G.711 of this law as the other's: a byte for a byte."""
        return data if to.name == self.name else data.translate(_TO_OTHER[self.name])


def loudness(pcm: bytes) -> int:
    """The root mean square of PCM16, of 32767."""
    return audioop.rms(pcm, _WIDTH)


def mixed(one: bytes, other: bytes) -> bytes:
    """Two of one length at once, clipped."""
    return audioop.add(one, other, _WIDTH)


PCMU = Codec("PCMU", 0, b"\xff")
PCMA = Codec("PCMA", 8, b"\xd5")
_EVERY_BYTE = bytes(range(256))
_TO_OTHER = {
    "PCMU": PCMA.encode(PCMU.decode(_EVERY_BYTE)),
    "PCMA": PCMU.encode(PCMA.decode(_EVERY_BYTE)),
}
