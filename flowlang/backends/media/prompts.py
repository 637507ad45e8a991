"""Prompts: audio files decoded once to both G.711 laws, and the cache that keeps them.

Rules: a file is known by path, modification time and size, so that a changed one is read again; the cache is
bounded by bytes and forgets what was used least recently; equal requests at one time read the file once.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import trio

from flowlang.rtp import PCMA, PCMU, SAMPLE_RATE, Codec, PromptError, read_wav
from flowlang.rtp.wav import MAX_BYTES

_Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Sound ready to be sent: 8,000 bytes a second in each law, both of one length. `name` is for logs."""

    name: str
    pcmu: bytes
    pcma: bytes

    @classmethod
    def from_pcm16(cls, name: str, pcm: bytes) -> Prompt:
        """Encode 8 kHz mono PCM16 in the machine's byte order."""
        return cls(name, PCMU.encode(pcm), PCMA.encode(pcm))

    @property
    def seconds(self) -> float:
        return len(self.pcmu) / SAMPLE_RATE

    def encoded(self, codec: Codec) -> bytes:
        """The whole sound in this codec."""
        return self.pcmu if codec.name == "PCMU" else self.pcma


def read_prompt(path: Path) -> Prompt:
    """Read and convert a WAV file; blocks. `PromptError` names the file and what is wrong with it."""
    _stat(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(data) > MAX_BYTES:
        raise PromptError(str(path), f"larger than {MAX_BYTES // 2**20} MiB")
    return Prompt.from_pcm16(path.name, read_wav(data, str(path)))


def _stat(path: Path) -> os.stat_result:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise PromptError(str(path), "no such file") from None
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError:  # a NUL in the name
        raise PromptError(str(path), "no file can have this name") from None
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for its other end
        raise PromptError(str(path), "not a file")
    return status


def _unreadable(path: Path, error: OSError) -> PromptError:
    return PromptError(str(path), (error.strerror or str(error)).lower())


class PromptCache:
    """Keeps decoded prompts up to `max_bytes` of encoded sound (an hour is 58 MB)."""

    def __init__(self, max_bytes: int = 256 * 2**20) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[_Key, Prompt] = OrderedDict()
        self._reading: dict[_Key, trio.Event] = {}

    async def load(self, path: Path) -> Prompt:
        """The prompt of a WAV file, from the cache where the file is unchanged. Raises `PromptError`."""
        status = _stat(path)  # microseconds, against 100 for a thread
        key = (str(path), status.st_mtime_ns, status.st_size)
        while key not in self._kept:
            if key in self._reading:
                await self._reading[key].wait()
            else:
                return await self._read(key, path)
        self._kept.move_to_end(key)
        await trio.lowlevel.checkpoint()
        return self._kept[key]

    async def _read(self, key: _Key, path: Path) -> Prompt:
        finished = self._reading[key] = trio.Event()
        try:
            # A thread, so that a long file does not hold up the ticker.
            prompt = await trio.to_thread.run_sync(read_prompt, path)
            self._keep(key, prompt)
        finally:
            del self._reading[key]
            finished.set()
        return prompt

    def _keep(self, key: _Key, prompt: Prompt) -> None:
        for stale in [known for known in self._kept if known[0] == key[0]]:
            self._bytes -= 2 * len(self._kept.pop(stale).pcmu)
        self._kept[key] = prompt
        self._bytes += 2 * len(prompt.pcmu)
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= 2 * len(oldest.pcmu)
