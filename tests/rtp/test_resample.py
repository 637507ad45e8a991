"""The low-pass resampler, judged by tones: level within 1 dB, nothing folded back above -40 dB."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from flowlang.rtp.resample import to_8khz

RATES = [8000, 8001, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000]
EDGE = 400  # samples at both ends that see the beginning and the end


def tone(frequency: float, rate: int, seconds: float = 0.5) -> NDArray[np.float32]:
    return (10000 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def level(samples: NDArray[np.float32]) -> float:
    """In dB against the tones of `tone`."""
    return float(20 * np.log10(np.sqrt(np.mean(samples[EDGE:-EDGE] ** 2)) / (10000 / np.sqrt(2)) + 1e-12))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frequency", [100, 1000, 3000, 3400, 3600])
def test_tones_of_the_telephone_band_keep_their_level(rate: int, frequency: int) -> None:
    assert abs(level(to_8khz(tone(frequency, rate), rate))) < 1


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frequency", [4100, 4400, 5000, 7900, 8100, 11900, 16300, 23000])
def test_tones_above_the_band_do_not_fold_back(rate: int, frequency: int) -> None:
    if frequency < rate / 2:
        assert level(to_8khz(tone(frequency, rate), rate)) < -40


@pytest.mark.parametrize("rate", RATES)
def test_sound_keeps_its_place_and_its_length(rate: int) -> None:
    resampled = to_8khz(tone(440, rate), rate)
    assert abs(resampled.size - 4000) <= 1
    difference = resampled - tone(440, 8000)[: resampled.size]
    assert level(difference) < -50


def test_a_constant_stays_a_constant() -> None:
    resampled = to_8khz(np.full(44100, 1000, np.float32), 44100)
    assert np.allclose(resampled[EDGE:-EDGE], 1000, atol=0.1)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 2047, 2048, 2049])
def test_the_shortest_sounds_work(count: int) -> None:
    assert to_8khz(np.ones(count, np.float32), 16000).size == -(-count // 2)
