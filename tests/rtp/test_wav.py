"""WAV files in and out: every usual form, and one clear error for each fault."""

from __future__ import annotations

import io
import struct
from array import array
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from flowlang.rtp import PCMA, PCMU, Codec, PromptError, WavWriter, read_wav

TONE = np.sin(2 * np.pi * 440 * np.arange(4000) / 8000) * 0.5


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def fmt(tag: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, extra: bytes = b"") -> bytes:
    frame = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits) + extra)


def samples(data: bytes) -> NDArray[np.float64]:
    return np.frombuffer(read_wav(data, "x.wav"), np.int16) / 32768


def pcm(bits: int) -> bytes:
    if bits == 8:
        return (TONE * 127 + 128).round().astype(np.uint8).tobytes()
    if bits == 24:
        return (TONE * 2**23).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return (TONE * 2 ** (bits - 1)).astype(f"<i{bits // 8}").tobytes()


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_pcm_of_every_width_is_read(bits: int) -> None:
    assert np.abs(samples(riff(fmt(bits=bits), chunk(b"data", pcm(bits)))) - TONE).max() < 2**-7


def test_pcm16_at_8_khz_is_read_bit_by_bit() -> None:
    data = array("h", [0, 1, -1, 32767, -32768, 12345]).tobytes()
    assert read_wav(riff(fmt(), chunk(b"data", data)), "x") == data


def test_float_is_read_and_what_is_no_number_is_silence() -> None:
    data = np.array([0.5, -0.5, 2.0, -2.0, np.nan, np.inf], "<f4").tobytes()
    heard = samples(riff(fmt(3, bits=32), chunk(b"data", data)))
    assert np.allclose(heard, [0.5, -0.5, 1, -1, 0, 1], atol=1e-4)


@pytest.mark.parametrize(("tag", "codec"), [(6, PCMA), (7, PCMU)])
def test_g711_files_keep_their_bytes(tag: int, codec: Codec) -> None:
    data = codec.encode(pcm(16))
    assert codec.encode(read_wav(riff(fmt(tag, bits=8), chunk(b"data", data)), "x")) == data


def test_stereo_becomes_the_mean_of_both() -> None:
    data = array("h", [100, 300, -50, 50]).tobytes()
    assert array("h", read_wav(riff(fmt(channels=2), chunk(b"data", data)), "x")).tolist() == [200, 0]


def test_other_rates_come_out_at_8_khz() -> None:
    data = np.zeros(44100, "<i2").tobytes()
    assert len(read_wav(riff(fmt(rate=44100), chunk(b"data", data)), "x")) == 16000


def test_the_extensible_form_and_foreign_chunks_are_understood() -> None:
    extra = struct.pack("<HHIH", 22, 16, 0, 1) + b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    data = riff(
        chunk(b"LIST", b"odd"), fmt(0xFFFE, extra=extra), chunk(b"fact", b"1234"), chunk(b"data", pcm(16))
    )
    assert np.abs(samples(data) - TONE).max() < 1e-3


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_a_length_left_open_reaches_to_the_end_of_the_file(length: int) -> None:
    data = riff(fmt()) + b"data" + struct.pack("<I", length) + pcm(16)
    assert samples(data).size == TONE.size


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "the file is empty"),
        (b"hello", "not a WAV file"),
        (b"ID3\x04...", "not a WAV file; it seems to be MP3"),
        (b"OggS....", "not a WAV file; it seems to be Ogg"),
        (riff(), "holds no fmt chunk"),
        (riff(fmt()), "holds no data chunk"),
        (riff(chunk(b"data", b"ab"), fmt()), "the data chunk comes before the fmt chunk"),
        (riff(chunk(b"fmt ", b"ab"), chunk(b"data", b"ab")), "the fmt chunk is cut short"),
        (riff(fmt(), chunk(b"data", b"")), "holds no sound"),
        (riff(fmt(), chunk(b"data", b"a")), "holds no sound"),
        (
            riff(fmt(), chunk(b"data", pcm(16)))[:-100],
            "cut short: 8000 bytes of sound are announced, 7900 are there",
        ),
        (riff(fmt(0x55), chunk(b"data", b"ab")), "MP3 inside; save it as PCM, A-law or mu-law"),
        (riff(fmt(0x31), chunk(b"data", b"ab")), "GSM inside; save it as PCM, A-law or mu-law"),
        (riff(fmt(0x999), chunk(b"data", b"ab")), "format 0x0999 inside; save it as PCM, A-law or mu-law"),
        (riff(fmt(bits=12), chunk(b"data", b"ab")), "12 bits a sample; this format wants 8, 16, 24, 32"),
        (riff(fmt(channels=6), chunk(b"data", b"ab")), "6 channels; save it as mono or stereo"),
        (riff(fmt(channels=0), chunk(b"data", b"ab")), "0 channels; save it as mono or stereo"),
        (riff(fmt(rate=96000), chunk(b"data", b"ab")), "96000 samples a second; 8000 to 48000 can be used"),
        (riff(fmt(rate=0), chunk(b"data", b"ab")), "0 samples a second; 8000 to 48000 can be used"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(data: bytes, fault: str) -> None:
    with pytest.raises(PromptError) as caught:
        read_wav(data, "prompts/hello.wav")
    assert str(caught.value) == f"prompts/hello.wav: {fault}"


def test_a_name_of_control_characters_stays_on_one_line() -> None:
    with pytest.raises(PromptError, match=r"^'a\\nb': the file is empty$"):
        read_wav(b"", "a\nb")


@given(st.binary(max_size=120), st.integers(0, 60))
def test_a_mangled_file_is_sound_or_a_prompt_error(noise: bytes, place: int) -> None:
    whole = riff(fmt(), chunk(b"data", pcm(16)[:64]))
    with suppress(PromptError):
        read_wav(whole[:place] + noise + whole[place + len(noise) :], "x")


def test_what_is_written_is_read_again() -> None:
    file = io.BytesIO()
    writer = WavWriter(file)
    writer.write(pcm(16)[:3000])
    writer.write(pcm(16)[3000:])
    assert writer.seconds == 0.5
    writer.finish()
    assert read_wav(file.getvalue(), "x") == pcm(16)


def test_a_writer_that_never_finished_leaves_all_but_the_last_second() -> None:
    file = io.BytesIO()
    writer = WavWriter(file)
    for _ in range(125):  # 2.5 s in packets of 20 ms
        writer.write(bytes(320))
    stated = struct.unpack_from("<I", file.getvalue(), 40)[0]
    assert stated == 2 * 16000
    assert len(read_wav(file.getvalue(), "x")) == stated
