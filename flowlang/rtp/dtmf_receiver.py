"""Digits coming in by RFC 4733: an event counts once, at the first of its packets that arrives.

Rules: packets of one event share the RTP timestamp (§2.5.1.2), so a new timestamp is a new digit, equal or
not, and lost first or last packets change nothing. Three things look like a new digit and are none: the next
segment of an event longer than the duration field (§2.5.1.3), a sender that wrongly moves the timestamp
within an event, and a packet that comes late.
"""

from __future__ import annotations

from flowlang.model.digits import DIGITS

from .dtmf import MAX_SEGMENT, parse_event
from .packet import SEQUENCE_MASK, TIMESTAMP_MASK, RtpPacket
from .reception import MAX_MISORDER


class DigitReceiver:
    """Feed every packet of the telephone-event payload type; `receive` returns a digit when one begins."""

    __slots__ = ("_code", "_duration", "_ended", "_sequence", "_ssrc", "_timestamp")

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._sequence = 0
        self._timestamp = 0
        self._code = -1
        self._duration = 0
        self._ended = True

    def receive(self, packet: RtpPacket) -> str | None:
        """The digit that this packet begins; None for one that counted, for other events, for garbage."""
        event = parse_event(packet.payload)
        if event is None:
            return None
        if packet.ssrc != self._ssrc:
            known = False
        elif self._late(packet):
            return None
        else:
            known = event.code == self._code and self._continues(packet, end=event.end)
        self._ended = event.end or (known and self._ended and packet.timestamp == self._timestamp)
        self._ssrc, self._sequence, self._timestamp = packet.ssrc, packet.sequence, packet.timestamp
        self._code, self._duration = event.code, event.duration
        if known or event.code >= len(DIGITS):
            return None
        return DIGITS[event.code]

    def _late(self, packet: RtpPacket) -> bool:
        # Further back than disorder reaches is a sender that began anew (RFC 3550 A.1).
        return (self._sequence - packet.sequence) & SEQUENCE_MASK < MAX_MISORDER

    def _continues(self, packet: RtpPacket, *, end: bool) -> bool:
        if packet.timestamp == self._timestamp:
            return True
        if packet.marker:
            return False
        if (packet.sequence - self._sequence) & SEQUENCE_MASK == 1 and (end or not self._ended):
            # Nothing lost between, the event not ended, no marker to open another: a moved timestamp.
            return True
        step = (packet.timestamp - self._timestamp) & TIMESTAMP_MASK
        return not self._ended and step in (self._duration, MAX_SEGMENT)
