"""espeak-ng in a process of its own: JSON lines in, JSON lines out. Imports nothing of flowlang.

It is the only place that loads the GPL library. `espeak.py` starts it by its path, so that it begins fast; by
hand it is `python -m flowlang.voices.espeak_worker`.

    out  {"voices": {"en-gb": "gmw/en", …}}                          once, when ready
    in   {"text": "Hello.", "voice": "gmw/en"}
    out  {"rate": 22050, "pcm": "<base64 of PCM16, little-endian>"}  or {"error": "…"}

Rules: the text is untrusted and so is what the library makes of it: this process writes no file, starts no
process, has a bound of memory, and reads the text as plain characters (no SSML, no phoneme or embedded
commands).
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import sys
from typing import IO, Any

MAX_SECONDS = 300
WORDS_PER_MINUTE = 160

# From espeak-ng's speak_lib.h.
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_PARAMETER_RATE = 1
_MEMORY = 1 << 30  # bytes of address space


class _VoiceEntry(ctypes.Structure):
    """`espeak_VOICE`; `languages` is a run of priority byte and zero-ended tag; priority 0 ends it."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """The library, initialised once in this process."""

    def __init__(self, library: str, data: str) -> None:
        # espeak-ng cuts its data path at 160 bytes, so it gets a relative one.
        os.chdir(os.path.dirname(data))
        self._lib: Any = ctypes.CDLL(library)
        self.rate: int = self._lib.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS, 0, os.path.basename(data).encode(), _INITIALIZE_DONT_EXIT
        )
        if self.rate <= 0:
            raise RuntimeError("espeak-ng does not find its data")
        self._sound = bytearray()
        self._callback = _SynthCallback(self._take)
        self._lib.espeak_SetSynthCallback(self._callback)
        self._lib.espeak_Synth.argtypes = [
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int,
            ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip

    def voices(self) -> dict[str, str]:
        """Language tags and names in lower case, each with the identifier that sets the voice."""
        self._lib.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceEntry))
        listed = self._lib.espeak_ListVoices(None)
        found: dict[str, tuple[int, str]] = {}
        index = 0
        while listed[index]:
            entry = listed[index].contents
            identifier = entry.identifier.decode()
            for priority, tag in _tags(entry.languages):
                if tag not in found or priority < found[tag][0]:
                    found[tag] = (priority, identifier)
            found.setdefault(entry.name.decode().lower(), (0, identifier))
            index += 1
        return {name: identifier for name, (_, identifier) in found.items()}

    def speak(self, text: str, voice: str) -> bytes:
        """PCM16 at `rate` samples a second; what is past `MAX_SECONDS` is cut off."""
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError("espeak-ng cannot load this voice")
        self._lib.espeak_SetParameter(_PARAMETER_RATE, WORDS_PER_MINUTE, 0)
        self._sound.clear()
        data = text.encode() + b"\0"
        if self._lib.espeak_Synth(data, len(data), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None) != 0:
            raise RuntimeError("espeak-ng cannot speak this text")
        self._lib.espeak_Synchronize()
        return bytes(self._sound)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._sound += ctypes.string_at(samples, 2 * count)
        return int(len(self._sound) > 2 * self.rate * MAX_SECONDS)  # 1 stops it


def _tags(address: int | None) -> list[tuple[int, str]]:
    tags: list[tuple[int, str]] = []
    while address and (priority := ctypes.string_at(address, 1)[0]):
        tag = ctypes.string_at(address + 1)
        tags.append((priority, tag.decode().lower()))
        address += 2 + len(tag)
    return tags


def _confine() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def serve(espeak: Espeak, requests: IO[str], replies: IO[str]) -> None:
    """Answer each line of `requests` until their end."""
    _reply(replies, {"voices": espeak.voices()})
    for line in requests:
        try:
            request = json.loads(line)
            sound = espeak.speak(str(request["text"]), str(request["voice"]))
            answer = {"rate": espeak.rate, "pcm": base64.b64encode(sound).decode()}
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            answer = {"error": str(error)}
        _reply(replies, answer)


def _reply(replies: IO[str], answer: dict[str, Any]) -> None:
    replies.write(json.dumps(answer) + "\n")
    replies.flush()


def main() -> None:
    """Load the library of the package espeakng-loader and serve standard input."""
    import espeakng_loader  # pyright: ignore[reportMissingTypeStubs]

    espeak = Espeak(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
    _confine()
    serve(espeak, sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
