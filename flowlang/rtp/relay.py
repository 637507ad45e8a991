"""Another's stream sent on as ours: its packets under our SSRC, numbered and timed as ours go on.

Rules: what was lost or came in disorder before us stays so, for the last receiver alone can judge it (RFC
3550 §7.1); where something of our own was sent meanwhile, or the other begins anew, his numbers are joined to
ours where ours stand, and the first sound has the marker.
"""

from __future__ import annotations

from .packet import HEADER, MARKER, SEQUENCE_MASK, TIMESTAMP_MASK, VERSION_2, RtpPacket
from .reception import MAX_DROPOUT, MAX_MISORDER
from .sender import RtpSender


class StreamRelay:
    """Sends packets on by `sender`, whose numbers and clock go on with them."""

    __slots__ = ("_fresh", "_joined", "_sender", "_sequence_shift", "_ssrc", "_time_shift")

    def __init__(self, sender: RtpSender) -> None:
        self._sender = sender
        self._ssrc: int | None = None
        self._sequence_shift = 0
        self._time_shift = 0
        self._joined = 0
        self._fresh = False

    def interrupt(self) -> None:
        """Something else was sent, or nothing was to be heard."""
        self._ssrc = None

    def packet(
        self, packet: RtpPacket, payload: bytes, payload_type: int, *, event: bool = False
    ) -> bytes | None:
        """The packet on the wire with this payload; `None` for one that came from before we joined. `event`:
        a telephone event, whose timestamp stands still."""
        sender = self._sender
        step = (packet.sequence + self._sequence_shift - sender.sequence) & SEQUENCE_MASK
        behind = SEQUENCE_MASK + 1 - step
        if packet.ssrc != self._ssrc or (step >= MAX_DROPOUT and behind > MAX_MISORDER):
            self._join(packet)
            step = 0
        sequence = (packet.sequence + self._sequence_shift) & SEQUENCE_MASK
        timestamp = (packet.timestamp + self._time_shift) & TIMESTAMP_MASK
        if step < MAX_DROPOUT:
            sender.sequence = (sequence + 1) & SEQUENCE_MASK
            if not event:
                sender.timestamp = timestamp
        elif (sequence - self._joined) & SEQUENCE_MASK > SEQUENCE_MASK // 2:
            return None
        marker = packet.marker or (self._fresh and not event)
        self._fresh = self._fresh and event
        kind = payload_type | MARKER if marker else payload_type
        return HEADER.pack(VERSION_2, kind, sequence, timestamp, sender.ssrc) + payload

    def _join(self, packet: RtpPacket) -> None:
        self._ssrc = packet.ssrc
        self._joined = self._sender.sequence
        self._sequence_shift = self._sender.sequence - packet.sequence
        self._time_shift = self._sender.timestamp - packet.timestamp
        self._fresh = True
