"""The speech cache: WAV files named by the hash of what they say.

Rules: a file is whole or absent (written beside, then renamed) and never changes; what was used longest ago
goes when the folder grows past its bound, and nothing but files of the cache's own names; the folder is the
owner's alone, since spoken text may be private. The access time tells the use: the modification time stays,
because those who decode the file know it by that.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

_OURS = re.compile(r"[0-9a-f]{64}(\.wav|\..{1,40}\.part)")


class SpeechCache:
    """A folder of at most `max_bytes`; it is made when first needed."""

    def __init__(self, folder: Path, max_bytes: int = 512 * 2**20) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._making: dict[str, trio.Event] = {}

    async def get(self, key: str, make: Callable[[], Awaitable[bytes]]) -> Path:
        """The file of this key (a hex digest), made once however many ask. Raises what `make` raises."""
        path = self.folder / f"{key}.wav"
        while True:
            if _touch(path):
                await trio.lowlevel.checkpoint()
                return path
            if key not in self._making:
                return await self._make(key, path, make)
            await self._making[key].wait()  # where its maker failed or was cancelled, the next one makes it

    async def _make(self, key: str, path: Path, make: Callable[[], Awaitable[bytes]]) -> Path:
        finished = self._making[key] = trio.Event()
        try:
            data = await make()
            await trio.to_thread.run_sync(self._write, path, data)
        finally:
            del self._making[key]
            finished.set()
        return path

    def _write(self, path: Path, data: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=f"{path.stem}.", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
        self._shrink(path)

    def _shrink(self, newest: Path) -> None:
        with os.scandir(self.folder) as entries:
            files = [(Path(entry.path), entry.stat()) for entry in entries if _OURS.fullmatch(entry.name)]
        files.sort(key=lambda file: file[1].st_atime_ns)
        excess = sum(status.st_size for _, status in files) - self._max_bytes
        for path, status in files:
            if excess > 0 and path != newest:
                path.unlink(missing_ok=True)
                excess -= status.st_size


def _touch(path: Path) -> bool:
    """Mark the file as used just now; False where there is none."""
    try:
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
    except FileNotFoundError:
        return False
    return True
