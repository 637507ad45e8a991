"""What a port hears, written to a WAV as it comes. For the softphone and tests: it writes from the ticker.
Recordings of calls are `call_recording`'s.

Rules: sound stands where its RTP timestamp puts it, so that gaps are silence and the length is the call's; it
is written once a second, so that a crash loses at most that.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flowlang.rtp import SAMPLE_RATE, Codec, RtpPacket, Track, WavWriter


class Recording:
    """Returned by `MediaPort.record_to`; ended by `stop` or by closing the port.

    `error` says why it ended early, as by a full disk; the call goes on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        self._writer = WavWriter(self._file)
        self._track = Track()
        self.error: str | None = None

    @property
    def seconds(self) -> float:
        """The length so far."""
        return self._track.length / SAMPLE_RATE

    def hear(self, packet: RtpPacket, codec: Codec) -> None:
        """Take one packet of sound."""
        if self._file.closed:
            return
        self._track.hear(packet, codec)
        if self._track.waiting >= SAMPLE_RATE:
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
        try:
            self._writer.write(self._track.take(self._track.waiting))
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.error = self.error or f"{self.path}: {(error.strerror or str(error)).lower()}"
        with suppress(OSError):
            self._file.close()
