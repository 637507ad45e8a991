"""Text to speech as backends see it: the protocol and its errors. `flowlang.voices` implements it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class VoiceError(Exception):
    """A text cannot be spoken; the message is one line that says why and what to do."""


class VoiceUnavailable(VoiceError):  # a state of the machine
    """The engine is not installed or does not answer."""


class UnknownLanguage(VoiceError):  # what it is about
    """The engine has no voice for this language, or none of this name."""


class TextTooLong(VoiceError):  # what it is about
    """The text has more characters than are spoken at once."""


class Voice(Protocol):
    """What backends speak with."""

    async def speak(self, text: str, *, language: str, voice: str | None = None) -> Path:
        """A WAV file of this text, in the cache. Raises `VoiceError`."""
        ...
