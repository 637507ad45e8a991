"""What a caller does in a call and whether he heard what he should: one leg's judge, without I/O.

A plan is a sequence of steps: hear a prompt to its end, hear its beginning, press keys. The judge is strict:
every packet in order, every sample right, nothing said that was not expected, no prompt stalled.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .prompts import FRAME, RATE, SILENCE, Prompt

PCMU = 0
DIGITS = "0123456789*#ABCD"  # RFC 4733 section 3.2: the events 0 to 15
FRAME_S = FRAME / RATE
# By the wall clock only a prompt that stalls is found, for a busy machine delays packets: its samples and
# timestamps tell how long it is, and `make bench-call` how evenly it comes.
LATE_S = 2.0
BARGE_IN_FRAMES = 10  # a prompt stops within 200 ms of the first packet of a digit

_RTP = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")


@dataclass(frozen=True, slots=True)
class Hear:
    """Hear a prompt, every sample of it."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class HearBeginning:
    """Hear the first `seconds` of a prompt; what comes next may cut it short."""

    prompt: Prompt
    seconds: float


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, as RFC 4733 events of 100 ms."""

    digits: str


Plan = tuple[Hear | HearBeginning | Press, ...]


@dataclass(slots=True)
class Ear:
    """One leg. `fault` is the first thing that was wrong, None so far."""

    plan: Plan
    event_type: int = 101
    fault: str | None = None
    packets: int = 0
    last_packet: float = 0.0
    _step: int = 0
    _heard: int = 0  # bytes of the current prompt
    _began: float = 0.0
    _cut: bytes = b""  # what may still come of a prompt that a key cuts short
    _cut_frames: int = 0
    _next: tuple[int, int] | None = None  # sequence number and timestamp
    _out: list[bytes] = field(default_factory=list[bytes])
    _sequence: int = 0
    _timestamp: int = 0

    @property
    def verdict(self) -> str:
        """`as planned`, or what was wrong."""
        if self.fault:
            return self.fault
        if not self.packets:
            return "heard nothing at all"
        if self._step < len(self.plan):
            return f"waited for {self._name()} (step {self._step + 1}), {self._heard} bytes of it heard"
        return "as planned"

    def receive(self, packet: bytes, now: float) -> None:
        """Listen to a datagram that came at `now` seconds."""
        if self.fault:
            return
        if len(packet) <= _RTP.size or packet[0] != 0x80:
            self.fault = f"{packet[:16].hex()} is no plain RTP packet"
            return
        _, kind, sequence, timestamp, _ = _RTP.unpack_from(packet)
        payload = packet[_RTP.size :]
        if kind & 0x7F != PCMU:
            self.fault = f"payload type {kind & 0x7F} was not agreed"
            return
        # A marker opens a talkspurt: silence before it may be left out (RFC 3551 section 4.1), packets never.
        expected = self._next or (sequence, timestamp)
        if sequence != expected[0] or (timestamp != expected[1] and not kind & 0x80):
            came = (sequence, timestamp)
            self.fault = f"packet {self.packets}: sequence or time jumps from {expected} to {came}"
            return
        self._next = sequence + 1 & 0xFFFF, timestamp + len(payload) & 0xFFFFFFFF
        self.packets += 1
        self.last_packet = now
        self._listen(payload, now)

    def next_packet(self) -> bytes | None:
        """What to send now, asked for every 20 ms; None: nothing."""
        return self._out.pop(0) if self._out else None

    def _listen(self, audio: bytes, now: float) -> None:
        if self._cut:
            audio = self._rest_of_cut(audio)
        while audio and not self.fault:
            if not self._heard:
                audio = audio.lstrip(SILENCE)
                if not audio:
                    return
                self._began = now
            step = self.plan[self._step] if self._step < len(self.plan) else None
            if step is None or isinstance(step, Press):
                self.fault = f"heard {len(audio)} bytes of sound after the end of the plan"
                return
            expected = step.prompt.pcmu[self._heard : self._heard + len(audio)]
            if not audio.startswith(expected):
                self.fault = f"{self._name()}: another sound at {self._heard / RATE:.3f} s"
                return
            self._heard += len(expected)
            audio = audio[len(expected) :]
            if isinstance(step, Hear):
                if self._heard == len(step.prompt.pcmu):
                    self._judge_length(step.prompt, now)
                    self._advance()
            elif self._heard >= step.seconds * RATE:
                self._cut, self._cut_frames = step.prompt.pcmu[self._heard :], 0
                self._advance()

    def _rest_of_cut(self, audio: bytes) -> bytes:
        """Take away what still comes of the prompt that is being cut."""
        same = audio[: len(self._cut)]
        if not self._cut.startswith(same):
            self._cut = b""
            return audio
        self._cut = self._cut[len(same) :]
        self._cut_frames += 1
        if self._step < len(self.plan) and self._cut_frames > BARGE_IN_FRAMES:
            self.fault = f"the prompt went on {self._cut_frames * FRAME_S:.2f} s after the key"
        return audio[len(same) :]

    def _judge_length(self, prompt: Prompt, now: float) -> None:
        took = now - self._began + FRAME_S
        if abs(took - prompt.seconds) > LATE_S:
            self.fault = f"{prompt.name} lasted {took:.2f} s in place of {prompt.seconds:.2f} s"

    def _advance(self) -> None:
        """Go to the next step that listens; press the keys on the way."""
        self._step += 1
        self._heard = 0
        while self._step < len(self.plan):
            step = self.plan[self._step]
            if not isinstance(step, Press):
                return
            for digit in step.digits:
                self._press(digit)
            self._step += 1

    def _press(self, digit: str) -> None:
        """RFC 4733 section 2.5.1: one timestamp, the duration grows, the end comes three times."""
        code = DIGITS.index(digit)
        for number in range(7):
            end = number >= 4
            duration = min(number + 1, 5) * FRAME
            marker = 0 if number else 0x80
            header = _RTP.pack(0x80, marker | self.event_type, self._sequence, self._timestamp, 0x5EED)
            self._out.append(header + _EVENT.pack(code, 0x80 * end | 10, duration))
            self._sequence = self._sequence + 1 & 0xFFFF
        self._timestamp += 12 * FRAME

    def _name(self) -> str:
        step = self.plan[min(self._step, len(self.plan) - 1)]
        return step.digits if isinstance(step, Press) else step.prompt.name
