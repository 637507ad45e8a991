"""Prompts that can be told apart to the sample: tones, one frequency each.

G.711 of an 8 kHz WAV passes through a call unchanged, so what a right server sends is known byte for byte.
The law is written out here once more: a judge does not ask the accused.
"""

from __future__ import annotations

import math
import wave
from array import array
from dataclasses import dataclass
from functools import cache
from pathlib import Path

RATE = 8000
FRAME = 160  # samples of 20 ms
SILENCE = b"\xff\x7f"  # both zeros of PCMU


@dataclass(frozen=True, slots=True)
class Prompt:
    """A tone of whole 20 ms frames; `pcmu` is what has to come out of a call."""

    name: str
    pcm: bytes
    pcmu: bytes

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return len(self.pcmu) / RATE

    def write(self, folder: Path) -> None:
        """Write `NAME.wav`: 8 kHz, mono, 16 bits."""
        with wave.open(str(folder / f"{self.name}.wav"), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
            file.writeframes(self.pcm)


def tone(name: str, hertz: float, seconds: float) -> Prompt:
    """A prompt of one frequency. Its first and last samples are no silence, so that its edges are seen."""
    count = round(seconds * RATE / FRAME) * FRAME
    step = 2 * math.pi * hertz / RATE
    samples = [round(9000 * math.cos(step * n)) for n in range(count)]
    samples[-1] = -9000
    return Prompt(name, array("h", samples).tobytes(), bytes(map(_pcmu, samples)))


@cache
def _pcmu(sample: int) -> int:
    """One 16-bit sample as PCMU (ITU-T G.711, table 2: 14 bits, bias 33, eight segments of 16 steps)."""
    value = sample >> 2
    mask = 0xFF
    if value < 0:
        value, mask = -value, 0x7F
    value = min(value, 8158) + 33
    segment = value.bit_length() - 6
    return (segment << 4 | value >> segment + 1 & 0x0F) ^ mask


MENU = tone("menu", 410, 0.6)
NEWS = tone("news", 470, 4.0)
ANSWERS = {"1": tone("one", 530, 0.4), "2": tone("two", 697, 0.4)}
PROMPTS = (MENU, NEWS, *ANSWERS.values())
