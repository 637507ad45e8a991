"""RTP without I/O: packets, G.711, telephone events, WAV. Bytes and time in, bytes and values out.

- packets      `parse_packet(bytes) -> RtpPacket` (or `RtpError`), `build_packet`, `RtpSender`, `Reception`
- G.711        `PCMU`, `PCMA`: `Codec.encode(pcm16)`, `Codec.decode(bytes)`
- DTMF         `DigitReceiver.receive(packet) -> str | None`, `DigitSender`
- bridging     `StreamRelay.packet(packet, payload, type)`: another's stream sent on as ours
- source       `SourceGuard.accept(source, packet, now)`: who is heard and sent to
- WAV          `read_wav(bytes, name) -> pcm16` at 8 kHz mono (or `PromptError`), `WavWriter(file)`;
               `Track`: one direction of a recording, by its timestamps

Sound is mono at 8,000 samples a second: PCM16 as `bytes` in the machine's byte order, or G.711.
"""

from __future__ import annotations

from .dtmf import DigitSender
from .dtmf_receiver import DigitReceiver
from .g711 import PCMA, PCMU, SAMPLE_RATE, Codec, loudness, mixed
from .packet import RtpError, RtpPacket, build_packet, parse_packet
from .reception import Reception
from .relay import StreamRelay
from .sender import RandomBits, RtpSender
from .source import Address, SourceGuard
from .track import Track
from .wav import PromptError, read_wav
from .wav_writer import WavWriter

__all__ = [
    "PCMA",
    "PCMU",
    "SAMPLE_RATE",
    "Address",
    "Codec",
    "DigitReceiver",
    "DigitSender",
    "PromptError",
    "RandomBits",
    "Reception",
    "RtpError",
    "RtpPacket",
    "RtpSender",
    "SourceGuard",
    "StreamRelay",
    "Track",
    "WavWriter",
    "build_packet",
    "loudness",
    "mixed",
    "parse_packet",
    "read_wav",
]
