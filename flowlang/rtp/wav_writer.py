"""Writing a WAV as it comes: the header is kept right once a second, so that a crash loses at most that."""

from __future__ import annotations

import struct
from typing import BinaryIO

from .g711 import SAMPLE_RATE

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PCM, _WIDTH = 1, 2
_MAX_DATA = 0xFFFFFFFF - _HEADER.size


def wav_header(data_bytes: int, *, rate: int = SAMPLE_RATE) -> bytes:
    """The 44 bytes before `data_bytes` bytes of mono PCM16, little-endian as every WAV."""
    riff = _HEADER.size - 8 + data_bytes
    return _HEADER.pack(
        b"RIFF",
        riff,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        1,
        rate,
        rate * _WIDTH,
        _WIDTH,
        8 * _WIDTH,
        b"data",
        data_bytes,
    )


class WavWriter:
    """Writes mono PCM16 to an open seekable binary file, which stays the caller's to close after `finish`."""

    def __init__(self, file: BinaryIO, *, rate: int = SAMPLE_RATE) -> None:
        self._file = file
        self._rate = rate
        self._written = 0
        self._stated = 0
        file.write(wav_header(0, rate=rate))

    @property
    def seconds(self) -> float:
        """The length of what was written."""
        return self._written / (_WIDTH * self._rate)

    def write(self, pcm: bytes) -> None:
        """Append PCM16, little-endian. What is past the 4 GiB that a WAV can hold is left out."""
        pcm = pcm[: _MAX_DATA - self._written]
        self._file.write(pcm)
        self._written += len(pcm)
        if self._written - self._stated >= self._rate * _WIDTH:
            self._state_length()

    def finish(self) -> None:
        """Make the header final and flush."""
        self._state_length()

    def _state_length(self) -> None:
        self._file.seek(0)
        self._file.write(wav_header(self._written, rate=self._rate))
        self._file.seek(0, 2)
        self._file.flush()
        self._stated = self._written
