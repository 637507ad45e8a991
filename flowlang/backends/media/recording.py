"""What a port hears, written to a WAV as it comes. For the softphone and tests: it writes from the ticker.

Rules: sound stands where its RTP timestamp puts it, so that gaps are silence and the length is the call's;
late packets are left out; G.711 is decoded and written once a second, so that a crash loses at most that.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flowlang.rtp import PCMU, SAMPLE_RATE, Codec, RtpPacket, WavWriter
from flowlang.rtp.packet import TIMESTAMP_MASK

_MAX_GAP = 10 * SAMPLE_RATE  # a longer jump of the timestamps is a new clock, not silence


class Recording:
    """Returned by `MediaPort.record_to`; ended by `stop` or by closing the port.

    `error` says why it ended early, as by a full disk; the call goes on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        self._writer = WavWriter(self._file)
        self._codec = PCMU
        self._waiting = bytearray()
        self._ssrc: int | None = None
        self._due = 0  # the timestamp of the next sample
        self.error: str | None = None

    @property
    def seconds(self) -> float:
        """The length so far."""
        return self._writer.seconds + len(self._waiting) / SAMPLE_RATE

    def hear(self, packet: RtpPacket, codec: Codec) -> None:
        """Take one packet of sound."""
        if self._file.closed:
            return
        if codec.name != self._codec.name:
            self._write_waiting()
            self._codec = codec
        gap = (packet.timestamp - self._due) & TIMESTAMP_MASK
        if packet.ssrc != self._ssrc or _MAX_GAP < gap <= TIMESTAMP_MASK - _MAX_GAP:
            gap, self._ssrc = 0, packet.ssrc
        elif gap > _MAX_GAP:
            return
        self._waiting += codec.silence * gap + packet.payload
        self._due = (packet.timestamp + len(packet.payload)) & TIMESTAMP_MASK
        if len(self._waiting) >= SAMPLE_RATE:
            self._write_waiting()

    def stop(self) -> None:
        """Write the rest and close the file; the second call does nothing."""
        if not self._file.closed:
            self._write_waiting()
        if self._file.closed:
            return
        try:
            self._writer.finish()
            self._file.close()
        except OSError as error:
            self._fail(error)

    def _write_waiting(self) -> None:
        sound = self._codec.decode(bytes(self._waiting))
        self._waiting.clear()
        try:
            self._writer.write(sound)
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.error = self.error or f"{self.path}: {(error.strerror or str(error)).lower()}"
        with suppress(OSError):
            self._file.close()
