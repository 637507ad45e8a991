"""What is heard while one waits: the ringing tone, and music on hold where the operator has none of his own.

Made once, as prompts that are played in a loop.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from flowlang.rtp import SAMPLE_RATE

from .prompts import Prompt

_LOUD = 3000.0  # of 32767: some -20 dBm0, as ITU-T E.180 has tones
_CHORDS = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))  # Hz; C, A minor, F, G
_NOTE = 0.5  # seconds


@cache
def ringing_tone() -> Prompt:
    """440 and 480 Hz for 2 s of each 6 s (ITU-T E.180 supplement 2, North America)."""
    tone = (_sine(440, 2.0) + _sine(480, 2.0)) * (_LOUD / 2)
    return _prompt("ringing tone", np.concatenate([tone, np.zeros(4 * SAMPLE_RATE)]))


@cache
def hold_music() -> Prompt:
    """Broken chords, softly, 16 s of them."""
    notes = [
        _plucked(chord[(0, 1, 2, 1)[beat % 4]] * (2 if beat >= 4 else 1))
        for chord in _CHORDS
        for beat in range(8)
    ]
    return _prompt("music on hold", np.concatenate(notes))


def _plucked(hertz: float) -> NDArray[np.float64]:
    fading = np.exp(-3.0 * np.arange(int(_NOTE * SAMPLE_RATE)) / (_NOTE * SAMPLE_RATE))
    rise = np.minimum(1.0, np.arange(fading.size) / 80)  # 10 ms, or each note would click
    return (_sine(hertz, _NOTE) + 0.3 * _sine(2 * hertz, _NOTE)) * fading * rise * _LOUD


def _sine(hertz: float, seconds: float) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)


def _prompt(name: str, samples: NDArray[np.float64]) -> Prompt:
    return Prompt.from_pcm16(name, np.rint(samples).astype(np.int16).tobytes())
