"""Telephone events, RFC 4733: what they look like, and digits going out. Digits in: `dtmf_receiver`."""

from __future__ import annotations

import struct
from collections import deque
from typing import NamedTuple

from flowlang.model.digits import DIGITS

MAX_SEGMENT = 0xFFFF  # the longest duration that the field can say, in samples (§2.3.5)

_EVENT = struct.Struct("!BBH")
_END = 0x80
_VOLUME = 10  # -10 dBm0, within the range that §2.3.4 asks of DTMF
_END_PACKETS = 3  # §2.5.1.4: the last packet is sent three times in all


class TelephoneEvent(NamedTuple):
    """The payload of one event packet. `duration` is in samples since the event's start."""

    code: int
    end: bool
    duration: int


def parse_event(payload: bytes) -> TelephoneEvent | None:
    """The event of a payload, None where it is too short. Octets past the fourth are left unread."""
    if len(payload) < _EVENT.size:
        return None
    code, flags, duration = _EVENT.unpack_from(payload)
    return TelephoneEvent(code, flags & _END != 0, duration)


def build_event(event: TelephoneEvent) -> bytes:
    """The four octets on the wire."""
    return _EVENT.pack(event.code, (_END if event.end else 0) | _VOLUME, event.duration)


class EventFrame(NamedTuple):
    """One packet to send. `first` opens an event: it takes the marker, the others keep its timestamp."""

    payload: bytes
    first: bool


class DigitSender:
    """Digits waiting to go out, a packet each packet time. Lengths in ms; 40 are the least for a digit."""

    def __init__(self, *, digit_ms: int = 100, gap_ms: int = 60) -> None:
        self._digit = min(digit_ms * 8, MAX_SEGMENT)
        self._gap = gap_ms * 8
        self._waiting: deque[int] = deque()
        self._code: int | None = None
        self._elapsed = 0
        self._ends_left = 0
        self._gap_left = 0

    @property
    def busy(self) -> bool:
        """True until the gap after the last digit is over."""
        return self._code is not None or self._gap_left > 0 or bool(self._waiting)

    def queue(self, digits: str) -> None:
        """Send these after those that wait; all or, where one is no digit, none and a `ValueError`."""
        codes = [DIGITS.find(digit) for digit in digits.upper()]
        if -1 in codes:
            raise ValueError(f"{digits[codes.index(-1)]!r} is no DTMF digit (0-9, *, #, A-D)")
        self._waiting.extend(codes)

    def next_frame(self, samples: int) -> EventFrame | None:
        """The packet for the next packet time, of `samples` samples; None where sound or silence is due."""
        first = False
        if self._code is None:
            if self._gap_left > 0:
                self._gap_left -= samples
                return None
            if not self._waiting:
                return None
            self._code, self._elapsed, self._ends_left, first = self._waiting.popleft(), 0, _END_PACKETS, True
        if self._elapsed < self._digit:
            self._elapsed = min(self._elapsed + samples, self._digit)
        ended = self._elapsed == self._digit
        frame = EventFrame(build_event(TelephoneEvent(self._code, ended, self._elapsed)), first)
        if ended:
            self._ends_left -= 1
            if self._ends_left == 0:
                self._code, self._gap_left = None, self._gap
        return frame
