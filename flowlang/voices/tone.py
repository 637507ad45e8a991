"""Voices without speech, for tests and simulators: the same text gives the same sound anywhere.

`ToneVoice` makes a tone whose pitch is the text's hash and whose length is the text's; `SilentVoice` only the
length.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from pathlib import Path

from flowlang.rtp import SAMPLE_RATE
from flowlang.rtp.wav_writer import wav_header

from .cache import SpeechCache
from .voice import CachedVoice

SECONDS_PER_CHARACTER = 0.05
LOWEST, HIGHEST = 300, 1500  # Hz
_LEVEL = 8000  # of 32767: -12 dB


def tone_pitch(text: str) -> int:
    """The frequency of a text's tone in Hz."""
    digest = hashlib.sha256(text.encode()).digest()
    return LOWEST + int.from_bytes(digest[:4], "big") % (HIGHEST - LOWEST)


class ToneSynthesizer:
    """A `Synthesizer`; `level` 0 is silence."""

    def __init__(self, level: int = _LEVEL) -> None:
        self.name = "tone" if level else "silence"
        self.version = f"1-{level}"
        self._level = level

    async def synthesize(self, text: str, *, language: str, voice: str | None) -> bytes:
        """See `Synthesizer`; every language is known and all sound alike."""
        count = max(SAMPLE_RATE // 50, round(len(text) * SECONDS_PER_CHARACTER * SAMPLE_RATE))
        step = 2 * math.pi * tone_pitch(text) / SAMPLE_RATE
        samples = array("h", (round(self._level * math.sin(step * place)) for place in range(count)))
        return wav_header(2 * count) + samples.tobytes()


class ToneVoice(CachedVoice):
    """A `Voice` of tones."""

    def __init__(self, cache_folder: Path) -> None:
        super().__init__(ToneSynthesizer(), SpeechCache(cache_folder))


class SilentVoice(CachedVoice):
    """A `Voice` of silence."""

    def __init__(self, cache_folder: Path) -> None:
        super().__init__(ToneSynthesizer(0), SpeechCache(cache_folder))
