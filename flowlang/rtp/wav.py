"""Reading WAV files as prompts: RIFF with PCM 8/16/24/32 bit, 32-bit float, A-law or mu-law, to 8 kHz mono
PCM16.

Rules: mono or stereo (the mean of both), 8 to 48 kHz, half an hour at most. What is wrong with a file is one
`PromptError` that names the file and the fault; no length in the file is trusted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .g711 import PCMA, PCMU
from .resample import Samples, to_8khz

MIN_RATE, MAX_RATE = 8000, 48000  # Hz
MAX_SECONDS = 1800
MAX_BYTES = 128 * 2**20  # 12 minutes of CD sound

_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_BITS = {_PCM: (8, 16, 24, 32), _FLOAT: (32,), _ALAW: (8,), _MULAW: (8,)}
_OTHER_FORMATS = {0x02: "ADPCM", 0x11: "IMA ADPCM", 0x31: "GSM", 0x55: "MP3"}
# What a writer that could not seek back leaves as the length of the data: it reaches to the end of the file.
_UNKNOWN_LENGTH = (0, 0xFFFFFFFF)
_STARTS = {b"ID3": "MP3", b"\xff\xfb": "MP3", b"OggS": "Ogg", b"fLaC": "FLAC", b"FORM": "AIFF"}


class PromptError(Exception):
    """An audio file cannot be used. The message names it and says what is wrong, in one line."""

    def __init__(self, name: str, fault: str) -> None:
        super().__init__(f"{name if name.isprintable() else ascii(name)}: {fault}")
        self.name = name
        self.fault = fault


class _Fault(Exception):  # becomes a PromptError where the name is known
    pass


@dataclass(frozen=True, slots=True)
class _Format:
    tag: int
    channels: int
    rate: int
    bits: int


def read_wav(data: bytes, name: str) -> bytes:
    """The file's bytes to 8 kHz mono PCM16 in the machine's byte order. `name` is for the `PromptError`."""
    form, sound = _checked(data, name)
    samples = _to_samples(form, sound)
    mono: Samples = samples.reshape(-1, form.channels).mean(axis=1, dtype=np.float32)
    return to_pcm16(to_8khz(mono, form.rate))


def check_wav(data: bytes, name: str) -> None:
    """Raises the `PromptError` that `read_wav` would, without reading the sound itself."""
    _checked(data, name)


def _checked(data: bytes, name: str) -> tuple[_Format, bytes]:
    """The format, and the sound in whole frames."""
    try:
        form, sound = _find_chunks(data)
        _check(form)
        frame = form.channels * form.bits // 8
        frames = len(sound) // frame
        if frames == 0:
            raise _Fault("holds no sound")
        if frames > form.rate * MAX_SECONDS:
            raise _Fault(f"longer than {MAX_SECONDS // 60} minutes")
    except _Fault as fault:
        raise PromptError(name, str(fault)) from None
    return form, sound[: frames * frame]


def to_pcm16(samples: Samples) -> bytes:
    """Samples of full scale ±32768, rounded and clipped."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16).tobytes()


def _find_chunks(data: bytes) -> tuple[_Format, bytes]:
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        kinds = [f"; it seems to be {kind}" for start, kind in _STARTS.items() if data.startswith(start)]
        raise _Fault(f"not a WAV file{''.join(kinds)}" if data else "the file is empty")
    form: _Format | None = None
    for kind, start, length in _chunks(data):
        if kind == b"fmt ":
            form = _parse_format(data[start : start + length])
        elif kind == b"data":
            if form is None:
                raise _Fault("the data chunk comes before the fmt chunk")
            rest = len(data) - start
            if length in _UNKNOWN_LENGTH:
                length = rest
            elif length > rest:
                raise _Fault(f"cut short: {length} bytes of sound are announced, {rest} are there")
            if length == 0:
                raise _Fault("holds no sound")
            return form, data[start : start + length]
    raise _Fault("holds no fmt chunk" if form is None else "holds no data chunk")


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    place = 12
    while place + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        yield kind, place + 8, length
        place += 8 + length + (length & 1)  # chunks are padded to even lengths


def _parse_format(chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise _Fault("the fmt chunk is cut short")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        tag = int.from_bytes(chunk[24:26], "little")  # the first two bytes of the sub-format GUID
    return _Format(tag, channels, rate, bits)


def _check(form: _Format) -> None:
    if form.tag not in _BITS:
        named = _OTHER_FORMATS.get(form.tag, f"format {form.tag:#06x}")
        raise _Fault(f"{named} inside; save it as PCM, A-law or mu-law")
    if form.bits not in _BITS[form.tag]:
        allowed = ", ".join(map(str, _BITS[form.tag]))
        raise _Fault(f"{form.bits} bits a sample; this format wants {allowed}")
    if form.channels not in (1, 2):
        raise _Fault(f"{form.channels} channels; save it as mono or stereo")
    if not MIN_RATE <= form.rate <= MAX_RATE:
        raise _Fault(f"{form.rate} samples a second; {MIN_RATE} to {MAX_RATE} can be used")


def _to_samples(form: _Format, sound: bytes) -> Samples:
    if form.tag == _FLOAT:
        finite = np.nan_to_num(np.frombuffer(sound, "<f4"), nan=0.0, posinf=1.0, neginf=-1.0)
        return finite * np.float32(32768)
    if form.tag in (_ALAW, _MULAW):
        return np.frombuffer((PCMA if form.tag == _ALAW else PCMU).decode(sound), np.int16).astype(np.float32)
    if form.bits == 8:  # the only width that WAV keeps unsigned
        return (np.frombuffer(sound, np.uint8).astype(np.float32) - 128) * 256
    if form.bits == 24:
        return _from_24_bits(sound)
    scale = np.float32(1 if form.bits == 16 else 1 / 65536)
    return np.frombuffer(sound, f"<i{form.bits // 8}").astype(np.float32) * scale


def _from_24_bits(sound: bytes) -> Samples:
    octets: NDArray[np.uint8] = np.frombuffer(sound, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(octets), 4), np.uint8)
    wide[:, 1:] = octets
    return wide.view("<i4")[:, 0].astype(np.float32) * np.float32(1 / 65536)
