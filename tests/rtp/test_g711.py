"""G.711 and its silence."""

from __future__ import annotations

import math
from array import array

import pytest

from flowlang.rtp import PCMA, PCMU, Codec


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_g711_keeps_speech_levels_to_35_db(codec: Codec) -> None:
    tone = array("h", (round(8000 * math.sin(n / 3)) for n in range(8000)))
    back = array("h", codec.decode(codec.encode(tone.tobytes())))
    noise = sum((a - b) ** 2 for a, b in zip(tone, back, strict=True)) / sum(a * a for a in tone)
    assert 10 * math.log10(noise) < -35


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_silence_is_the_code_of_zero(codec: Codec) -> None:
    assert codec.encode(b"\0\0") == codec.silence
    assert abs(array("h", codec.decode(codec.silence))[0]) <= 8


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_decoding_and_encoding_again_changes_no_sound(codec: Codec) -> None:
    decoded = codec.decode(bytes(range(256)))
    assert codec.decode(codec.encode(decoded)) == decoded
