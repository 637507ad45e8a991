"""Text to speech: `Voice.speak` makes a WAV of a text, once for each text.

    async with open_espeak(cache_folder) as voice:  # in tests: ToneVoice(cache_folder), SilentVoice(...)
        path = await voice.speak("Hello.", language="en-GB")    # a WAV in the cache folder

Rules
- Errors are `VoiceError`, one line each: `UnknownLanguage` (also for an unknown `voice`), `TextTooLong`,
  `VoiceUnavailable` (what to install, or that the engine does not answer). Nothing else leaves `speak`.
- The text is data: control characters are taken out, no markup is read in it, and it never reaches a path or
  a command line.
- `language` is a BCP 47 tag ("en-GB", "de"); `voice` names one of the engine's own voices and wins over it.
- The cache is keyed by what is said and how (engine, version, language, voice, text), written atomically,
  shared by processes, bounded by size; equal requests at one time are made once. A text without any sound
  gives 20 ms of silence.
- espeak-ng is GPL software. It is an extra (`flowlang[espeak]`) and runs in a process of its own, spoken to
  by pipes.
- A backend takes any `Voice`; a third party implements `Synthesizer` (text to WAV bytes) and wraps it in
  `CachedVoice`.
"""

from __future__ import annotations

from flowlang.model.speech import TextTooLong, UnknownLanguage, Voice, VoiceError, VoiceUnavailable

from .cache import SpeechCache
from .espeak import EspeakSynthesizer, open_espeak
from .tone import SilentVoice, ToneVoice
from .voice import MAX_TEXT, CachedVoice, Synthesizer

__all__ = [
    "MAX_TEXT",
    "CachedVoice",
    "EspeakSynthesizer",
    "SilentVoice",
    "SpeechCache",
    "Synthesizer",
    "TextTooLong",
    "ToneVoice",
    "UnknownLanguage",
    "Voice",
    "VoiceError",
    "VoiceUnavailable",
    "open_espeak",
]
