"""Finds speech in a recording: where it is, and how like it is.

What went through a call as G.711 comes out sample for sample, so that the right sound has a likeness near 1.
It is looked for in pieces: where a stall of the network has cut it, one piece is lost and not the sound.
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

SAME = 0.8
"""A likeness from which on two sounds are the same; other sentences of the same voice stay below 0.6."""
PIECE = SAMPLE_RATE // 2

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
    """Where the sound is most likely to be, and the likeness of its pieces on the average."""
    cuts = range(0, max(1, len(sound) - PIECE // 2), PIECE)
    pieces = [sound[cut : cut + PIECE] if cut != cuts[-1] else sound[cut:] for cut in cuts]
    found = [_find_piece(piece, recording) for piece in pieces if piece.any()]
    if not found:
        return Found(0.0, 0.0)
    return Found(found[0].at, sum(each.likeness for each in found) / len(found))


def _find_piece(piece: Samples, recording: Samples) -> Found:
    """Normalised cross-correlation."""
    length = len(piece)
    if len(recording) < length:
        return Found(0.0, 0.0)
    size = 1 << (len(recording) + length - 1).bit_length()
    spectrum = np.fft.rfft(recording, size) * np.conj(np.fft.rfft(piece, size))
    products = np.fft.irfft(spectrum, size)[: len(recording) - length + 1]
    sums = np.concatenate(([0.0], np.cumsum(recording * recording)))
    energy = float(piece @ piece)
    energies = np.maximum(sums[length:] - sums[:-length], energy / 100)  # near silence is like nothing
    likeness = products / np.sqrt(energies * energy)
    best = int(np.argmax(likeness))
    return Found(best / SAMPLE_RATE, float(likeness[best]))
