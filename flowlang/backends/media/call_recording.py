"""A recording of a call leg: what is said there, or that and what is heard there, to a WAV as it comes.

Rules: both directions run by the ticker's time, so that they stay together whatever the peer's packets do; a
direction that is silent is padded, a little behind, for packets that are still under way. Somebody speaks
where a packet is louder than `SPEECH`. It ends once: by a pause, at the limit, or by `stop`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowlang.rtp import SAMPLE_RATE, Codec, RtpPacket, Track, loudness, mixed

from .recorder import Recorder, RecordingFile

SPEECH = 250  # root mean square of 32767: -42 dB; a quiet voice is over it, a quiet line under it
_SLACK = SAMPLE_RATE // 5  # what comes later than 200 ms is left out
_PER_MS = SAMPLE_RATE // 1000


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it: `seconds` up to the last word, 0 where nobody spoke; `by` is `silence`, `limit` or
    `stopped`; `error` one line, if the file is not whole."""

    seconds: float
    by: str
    error: str | None


class CallRecording:
    """Made by `MediaPort.record_call`, which feeds it. `silence` and `limit` are in seconds, `None` for no
    such end; `done` is told once, when the file is closed."""

    def __init__(
        self,
        recorder: Recorder,
        file: RecordingFile,
        done: Callable[[Recorded], None],
        *,
        both: bool = False,
        silence: float | None = None,
        limit: float | None = None,
    ) -> None:
        self.over = False
        self._recorder = recorder
        self._file = file
        self._done = done
        self._heard = Track()
        self._said = Track() if both else None
        self._silence = None if silence is None else int(silence * SAMPLE_RATE)
        self._limit = None if limit is None else int(limit * SAMPLE_RATE)
        self._elapsed = 0
        self._spoken_until = 0
        self._written = 0

    def hear(self, packet: RtpPacket, codec: Codec) -> None:
        """The peer says this."""
        pcm = self._heard.hear(packet, codec)
        if pcm and loudness(pcm) >= SPEECH:
            self._spoken_until = max(self._elapsed, self._heard.length)

    def say(self, packet: RtpPacket, codec: Codec) -> None:
        """The peer hears this."""
        if self._said is not None and not self.over:
            pcm = self._said.hear(packet, codec)
            if pcm and loudness(pcm) >= SPEECH:
                self._spoken_until = max(self._elapsed, self._said.length)

    def advance(self, ms: int) -> None:
        """So much time went by."""
        before = self._elapsed
        self._elapsed += ms * _PER_MS
        if self._limit is not None and self._elapsed >= self._limit:
            self.stop("limit")
        elif self._silence is not None and self._elapsed - self._spoken_until >= self._silence:
            self.stop("silence")
        elif before // SAMPLE_RATE != self._elapsed // SAMPLE_RATE:
            self._write(self._elapsed - _SLACK)

    def stop(self, by: str = "stopped") -> None:
        """End it; the second call does nothing."""
        if self.over:
            return
        self.over = True
        self._write(self._elapsed)
        seconds = min(self._elapsed, self._spoken_until) / SAMPLE_RATE
        self._recorder.close(self._file, lambda error: self._done(Recorded(seconds, by, error)))

    def _write(self, until: int) -> None:
        tracks = [self._heard] if self._said is None else [self._heard, self._said]
        for track in tracks:
            track.pad(until)
        count = until - self._written
        if count <= 0:
            return
        self._written = until
        sound = [track.take(count) for track in tracks]
        self._recorder.write(self._file, sound[0] if len(sound) == 1 else mixed(*sound))
