"""How many packets of a stream were lost, RFC 3550 A.1 and A.3, over as many SSRCs as the source used.

A jump of the sequence numbers that two packets in a row confirm is a restart of the sender, not a loss.
"""

from __future__ import annotations

from .packet import SEQUENCE_MASK, RtpPacket

# RFC 3550 A.1: a jump forward of fewer packets is a dropout, a step back of fewer is disorder.
MAX_DROPOUT = 3000
MAX_MISORDER = 100


class Reception:
    """Counts for one received stream: `received` packets and `lost` ones."""

    __slots__ = ("_base", "_base_received", "_earlier_lost", "_highest", "_restart", "_ssrc", "received")

    def __init__(self) -> None:
        self.received = 0
        self._ssrc: int | None = None
        self._base = 0
        self._base_received = 0
        self._highest = 0  # extended: cycles * 65536 + sequence
        self._earlier_lost = 0
        self._restart: int | None = None

    @property
    def lost(self) -> int:
        """Packets expected but not received; repeated ones never make it negative."""
        return self._earlier_lost + self._lost_here()

    def count(self, packet: RtpPacket) -> None:
        """Count one accepted packet."""
        if packet.ssrc != self._ssrc:
            self._begin(packet)
        else:
            self._follow(packet)
        self.received += 1

    def _follow(self, packet: RtpPacket) -> None:
        step = (packet.sequence - self._highest) & SEQUENCE_MASK
        if step < MAX_DROPOUT:
            self._highest += step
            self._restart = None
        elif step <= 0x10000 - MAX_MISORDER:
            if packet.sequence == self._restart:
                self._begin(packet)
            else:
                self._restart = (packet.sequence + 1) & SEQUENCE_MASK

    def _begin(self, packet: RtpPacket) -> None:
        self._earlier_lost += self._lost_here()
        self._ssrc = packet.ssrc
        self._base = self._highest = packet.sequence
        self._base_received = self.received
        self._restart = None

    def _lost_here(self) -> int:
        if self._ssrc is None:
            return 0
        return max(0, self._highest - self._base + 1 - (self.received - self._base_received))
