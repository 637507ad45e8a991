"""The default voice: espeak-ng in a worker process, started when first needed and stopped at shutdown.

One worker, one request at a time: a minute of speech takes it about 0.2 s. The library is loaded there only.
"""

from __future__ import annotations

import base64
import importlib.metadata
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from flowlang.model.speech import VoiceUnavailable
from flowlang.rtp.wav_writer import wav_header

from .cache import SpeechCache
from .languages import choose_voice
from .voice import CachedVoice
from .worker import Worker, WorkerError, start_worker

PACKAGE = "espeakng-loader"
INSTALL = 'text to speech wants espeak-ng: pip install "flowlang[espeak]"'
REPLY_SECONDS = 20.0  # the longest text takes about 1 s
_REVISION = 1  # of how the worker uses the library: part of the cache's key
# -P: nothing is imported from the current folder, which may be a customer's.
WORKER = (sys.executable, "-P", str(Path(__file__).with_name("espeak_worker.py")))


class EspeakSynthesizer:
    """A `Synthesizer`. `aclose` ends the worker; a later request would start another."""

    name = "espeak-ng"

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        self._command = command
        self._lock = trio.Lock()
        self._worker: Worker | None = None
        self._voices: dict[str, str] = {}

    @property
    def version(self) -> str:
        """See `Synthesizer`."""
        try:
            return f"{importlib.metadata.version(PACKAGE)}-{_REVISION}"
        except importlib.metadata.PackageNotFoundError:
            raise VoiceUnavailable(INSTALL) from None

    async def synthesize(self, text: str, *, language: str, voice: str | None) -> bytes:
        """See `Synthesizer`."""
        try:
            async with self._lock:
                worker = await self._running()
                request = {"text": text, "voice": choose_voice(self._voices, language, voice)}
                answer = await worker.ask(request, REPLY_SECONDS)
        except WorkerError as error:
            raise VoiceUnavailable(f"the espeak-ng worker cannot speak: {error}") from None
        return _to_wav(answer)

    async def aclose(self) -> None:
        """End the worker and wait until it is gone."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.aclose()

    async def _running(self) -> Worker:
        if self._worker is None or not self._worker.alive:
            await self.aclose()
            self._worker = await start_worker(self._command)
            self._voices = (await self._worker.greeting(REPLY_SECONDS))["voices"]
        return self._worker


def _to_wav(answer: dict[str, Any]) -> bytes:
    if "error" in answer:
        raise VoiceUnavailable(str(answer["error"])[:200])
    rate: int = answer["rate"]
    pcm = base64.b64decode(answer["pcm"]) or bytes(2 * (rate // 50))
    return wav_header(len(pcm), rate=rate) + pcm


@asynccontextmanager
async def open_espeak(cache_folder: Path, *, max_bytes: int = 512 * 2**20) -> AsyncGenerator[CachedVoice]:
    """The default voice while the block lasts. The worker starts at the first text not in the cache."""
    synthesizer = EspeakSynthesizer()
    try:
        yield CachedVoice(synthesizer, SpeechCache(cache_folder, max_bytes))
    finally:
        await synthesizer.aclose()
