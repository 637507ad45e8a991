"""What two sides agreed on by SDP, applied to a media port."""

from __future__ import annotations

from dataclasses import replace

from flowlang.backends.media import PCMA, PCMU, MediaPort
from flowlang.sip import AudioStream


def connect_audio(port: MediaPort, audio: AudioStream, signalled_from: str | None = None) -> None:
    """Send to, and hear, what was agreed with that host, under the payload types that were. Raises
    `MediaError`."""
    codec = PCMU if audio.codec == "PCMU" else PCMA
    if codec.payload_type != audio.payload_type:
        codec = replace(codec, payload_type=audio.payload_type)
    port.connect(
        (audio.remote_host, audio.remote_port),
        codec,
        audio.ptime,
        audio.event_receive_type,
        receive_type=audio.receive_type,
        event_send_type=audio.event_type,
        sending=audio.sends,
        signalled_from=signalled_from,
    )
