"""Sound for a leg: a text through the voice, a file from the prompts' folder, both ready to be sent.

Rules: a file is opened only below the folder, links included; what goes wrong is a `SoundFault`, whose code
is that of the fault in the script and whose text is one line. A voice is somebody else's code: what it raises
besides is logged and becomes `voice_unavailable`.
"""

from __future__ import annotations

import logging
from pathlib import Path

from flowlang.model.commands import Play, Say
from flowlang.model.results import Failed
from flowlang.model.speech import TextTooLong, UnknownLanguage, Voice, VoiceError, VoiceUnavailable
from flowlang.rtp import PromptError

from .prompts import Prompt, PromptCache

_log = logging.getLogger(__name__)

_MAX_FILES = 100  # of one `play`: they are all fetched before the first is heard


class SoundFault(Exception):  # a fault is what a script knows it as
    """There is no sound; `failed` is what the script is told."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.failed = Failed(code, text)


class Sounds:
    """`folder` holds the files that `play` names; `language` is spoken where a script names none."""

    def __init__(self, folder: Path, voice: Voice | None, language: str, prompts: PromptCache) -> None:
        self._folder = folder
        self._voice = voice
        self._language = language
        self._prompts = prompts

    async def fetch(self, command: Say | Play) -> list[Prompt]:
        """All that the command is to be heard as, in order. Raises `SoundFault`."""
        if isinstance(command, Say):
            return [await self._load(await self._speak(command))]
        if len(command.files) > _MAX_FILES:
            count = len(command.files)
            raise SoundFault("value", f"{count} files are too many for one `play`; {_MAX_FILES} are the most")
        return [await self._load(self._path(name)) for name in command.files]

    async def _speak(self, command: Say) -> Path:
        if self._voice is None:
            raise SoundFault("voice_unavailable", "nothing can be spoken: this server runs without a voice")
        language = command.language or self._language
        try:
            return await self._voice.speak(command.text, language=language, voice=command.voice)
        except VoiceError as error:
            raise SoundFault(_voice_code(error), str(error)) from None
        except Exception as error:  # noqa: BLE001 - see above
            _log.exception("the voice failed")
            raise SoundFault("voice_unavailable", f"the voice failed: {type(error).__name__}") from None

    def _path(self, name: str) -> Path:
        try:
            root = self._folder.resolve()
            path = (root / name).resolve()
        except (OSError, ValueError, RuntimeError):  # a NUL, a name too long, links in a ring
            raise SoundFault("prompt_missing", f"{name[:80]!a}: no file can have this name") from None
        if not path.is_relative_to(root):
            raise SoundFault("prompt_missing", f"{name[:80]!a}: not below the folder of prompts, {root}")
        return path

    async def _load(self, path: Path) -> Prompt:
        try:
            return await self._prompts.load(path)
        except PromptError as error:
            code = "prompt_missing" if error.fault == "no such file" else "prompt_bad"
            raise SoundFault(code, str(error)) from None


def _voice_code(error: VoiceError) -> str:
    match error:
        case UnknownLanguage():
            return "unknown_language"
        case TextTooLong():
            return "text_too_long"
        case VoiceUnavailable() | _:
            return "voice_unavailable"
