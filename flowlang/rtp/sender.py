"""What a sender of one RTP stream keeps: SSRC, sequence number and media clock.

Rules: first sequence number and timestamp are random (RFC 3550 §5.1); the media clock runs with time, whether
a packet goes out or not, so that a pause is a gap of the timestamps and never of the sequence numbers.
"""

from __future__ import annotations

from typing import Protocol

from .packet import HEADER, MARKER, SEQUENCE_MASK, TIMESTAMP_MASK, VERSION_2


class RandomBits(Protocol):
    """A random source: `random.SystemRandom()` in service, `random.Random(seed)` in tests."""

    def getrandbits(self, k: int, /) -> int: ...


class RtpSender:
    """One outgoing stream. `timestamp` is the media clock in samples; call `advance` for each packet time."""

    __slots__ = ("sequence", "ssrc", "timestamp")

    def __init__(self, random: RandomBits) -> None:
        bits = random.getrandbits(80)
        self.ssrc = bits >> 48
        self.sequence = bits >> 32 & SEQUENCE_MASK
        self.timestamp = bits & TIMESTAMP_MASK

    def packet(
        self, payload: bytes, payload_type: int, *, marker: bool = False, timestamp: int | None = None
    ) -> bytes:
        """The next packet on the wire. `timestamp` is for telephone events, which keep their start's."""
        kind = payload_type | MARKER if marker else payload_type
        stamp = self.timestamp if timestamp is None else timestamp
        data = HEADER.pack(VERSION_2, kind, self.sequence, stamp, self.ssrc) + payload
        self.sequence = (self.sequence + 1) & SEQUENCE_MASK
        return data

    def advance(self, samples: int) -> None:
        """Let the media clock run on."""
        self.timestamp = (self.timestamp + samples) & TIMESTAMP_MASK
