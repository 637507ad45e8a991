"""One direction of a recording: PCM16 with each packet where its timestamp puts it.

Rules: gaps are silence, late packets are left out, a jump of the timestamps is a new clock. Where nothing
came the track is padded, and what comes later is placed behind that.
"""

from __future__ import annotations

from .g711 import SAMPLE_RATE, Codec
from .packet import TIMESTAMP_MASK, RtpPacket

_MAX_GAP = 10 * SAMPLE_RATE  # a longer jump of the timestamps is a new clock, not silence
_WIDTH = 2


class Track:
    """`length` is all that came so far, in samples; `take` gives it out in order."""

    __slots__ = ("_due", "_pcm", "_ssrc", "length")

    def __init__(self) -> None:
        self.length = 0
        self._pcm = bytearray()
        self._ssrc: int | None = None
        self._due = 0  # the timestamp of the next sample

    def hear(self, packet: RtpPacket, codec: Codec) -> bytes:
        """Take one packet of sound; gives it as PCM16, or nothing where it comes too late."""
        gap = (packet.timestamp - self._due) & TIMESTAMP_MASK
        if packet.ssrc != self._ssrc or _MAX_GAP < gap <= TIMESTAMP_MASK - _MAX_GAP:
            gap, self._ssrc = 0, packet.ssrc
        elif gap > _MAX_GAP:
            return b""
        pcm = codec.decode(packet.payload)
        self._pcm += bytes(_WIDTH * gap) + pcm
        self.length += gap + len(packet.payload)
        self._due = (packet.timestamp + len(packet.payload)) & TIMESTAMP_MASK
        return pcm

    def pad(self, length: int) -> None:
        """Silence up to this length, in samples, where it is shorter."""
        missing = length - self.length
        if missing > 0:
            self._pcm += bytes(_WIDTH * missing)
            self.length = length
            self._due = (self._due + missing) & TIMESTAMP_MASK

    def take(self, samples: int) -> bytes:
        """The next so many samples, or as many as there are."""
        taken = bytes(self._pcm[: _WIDTH * samples])
        del self._pcm[: _WIDTH * samples]
        return taken

    @property
    def waiting(self) -> int:
        """Samples that `take` has not given out."""
        return len(self._pcm) // _WIDTH
