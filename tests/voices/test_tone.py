"""The voices of tests: the same text, the same sound; another text, another tone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flowlang.rtp import read_wav
from flowlang.voices import SilentVoice, ToneVoice
from flowlang.voices.tone import tone_pitch


@pytest.mark.parametrize("text", ["Hello.", "Good bye, and thank you for calling."])
async def test_pitch_and_length_are_the_texts(tmp_path: Path, text: str) -> None:
    path = await ToneVoice(tmp_path).speak(text, language="any")
    samples = np.frombuffer(read_wav(path.read_bytes(), "x"), np.int16)
    assert samples.size == len(text) * 400
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    assert abs(int(np.argmax(spectrum)) * 8000 / samples.size - tone_pitch(text)) < 8000 / samples.size


async def test_the_same_text_is_the_same_sound_anywhere(tmp_path: Path) -> None:
    one = await ToneVoice(tmp_path / "a").speak("Hello.", language="en")
    other = await ToneVoice(tmp_path / "b").speak("Hello.", language="en")
    assert one.read_bytes() == other.read_bytes()
    assert one.name == other.name


async def test_silence_has_the_length_and_no_sound(tmp_path: Path) -> None:
    path = await SilentVoice(tmp_path).speak("Hello.", language="en")
    assert set(read_wav(path.read_bytes(), "x")) == {0}


async def test_no_text_is_a_moment_of_sound(tmp_path: Path) -> None:
    path = await ToneVoice(tmp_path).speak("", language="en")
    assert len(read_wav(path.read_bytes(), "x")) == 320
