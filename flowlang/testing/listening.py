"""Finds speech in a recording: where it is, and how like it is.

What went through a call as G.711 comes out sample for sample, so that the right sound has a likeness near 1;
another sentence of the same voice stays far below `SAME`.
"""

from __future__ import annotations

import sys
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flowlang.backends.media import Prompt, read_prompt
from flowlang.rtp import PCMU, SAMPLE_RATE

SAME = 0.9
"""A likeness from which on two sounds are the same; lost packets cost their share of it."""

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """The best place of a sound in a recording, in seconds, and its likeness there: 1 for the very same."""

    at: float
    likeness: float

    @property
    def same(self) -> bool:
        """Whether it is the sound that was looked for."""
        return self.likeness >= SAME


def read_recording(path: Path) -> Samples:
    """The samples of a WAV of the softphone's."""
    with wave.open(str(path), "rb") as file:
        data = file.readframes(file.getnframes())
    return np.frombuffer(data, "<i2").astype(np.float64)


def as_heard(path: Path) -> Samples:
    """A sound file as it comes out of a call."""
    prompt: Prompt = read_prompt(path)
    order = "<i2" if sys.byteorder == "little" else ">i2"
    return np.frombuffer(PCMU.decode(prompt.pcmu), order).astype(np.float64)


def find(sound: Samples, recording: Samples) -> Found:
    """Where in the recording the sound is most likely to be: normalised cross-correlation."""
    length = len(sound)
    if length == 0 or len(recording) < length or not sound.any():
        return Found(0.0, 0.0)
    size = 1 << (len(recording) + length - 1).bit_length()
    spectrum = np.fft.rfft(recording, size) * np.conj(np.fft.rfft(sound, size))
    products = np.fft.irfft(spectrum, size)[: len(recording) - length + 1]
    sums = np.concatenate(([0.0], np.cumsum(recording * recording)))
    energies = sums[length:] - sums[:-length]
    quietest = float(sound @ sound) / 100  # hardly anything there: no likeness comes of dividing by it
    likeness = products / np.sqrt(np.maximum(energies, quietest) * float(sound @ sound))
    best = int(np.argmax(likeness))
    return Found(best / SAMPLE_RATE, float(likeness[best]))
