"""What an engine is, and the voice that speaks through a cache. The voices' protocol is in `model.speech`."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import Protocol

from flowlang.model.speech import TextTooLong, VoiceUnavailable

from .cache import SpeechCache

MAX_TEXT = 4000  # characters of one `speak`: about four minutes


class Synthesizer(Protocol):
    """An engine: text to sound, without a cache. `name` and `version` tell its sound from others'."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes when the sound does. Raises `VoiceUnavailable` where the engine is not installed."""
        ...

    async def synthesize(self, text: str, *, language: str, voice: str | None) -> bytes:
        """A whole WAV file; `text` has gone through `clean_text`. Raises `VoiceError`."""
        ...


class CachedVoice:
    """A `Voice` that asks its synthesizer only for what the cache does not hold."""

    def __init__(self, synthesizer: Synthesizer, cache: SpeechCache) -> None:
        self._synthesizer = synthesizer
        self._cache = cache

    async def speak(self, text: str, *, language: str, voice: str | None = None) -> Path:
        """See `Voice.speak`."""
        engine = self._synthesizer
        said = clean_text(text)
        # Lengths before the parts: no two requests give one key.
        parts = (engine.name, engine.version, language.lower(), "" if voice is None else f"={voice}", said)
        request = "".join(f"{len(part)}:{part}" for part in parts)
        key = hashlib.sha256(request.encode("utf-8", "surrogatepass")).hexdigest()
        try:
            return await self._cache.get(key, lambda: engine.synthesize(said, language=language, voice=voice))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise VoiceUnavailable(f"speech cannot be kept in {self._cache.folder}: {reason}") from None


def clean_text(text: str) -> str:
    """Without control, format, private and surrogate characters, each run of white space one blank."""
    if len(text) > MAX_TEXT:
        raise TextTooLong(
            f"{len(text)} characters are too many to be spoken at once; {MAX_TEXT} are the most"
        )
    kept = (
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join("".join(kept).split())
