"""Writes the recordings of all calls: whatever has come up goes out in one batch on a thread, so that a slow
disk holds up no sound.

Rules: a file is opened with its first batch, below the folder that it belongs to, links included; its header
is right once a second; what went wrong with it is told when it is closed, and the call goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import trio

from flowlang.rtp import WavWriter

Closed = Callable[[str | None], None]
"""Told when a file is closed: what went wrong, in one line, or `None`."""


@dataclass(slots=True, eq=False)
class RecordingFile:
    """A WAV at `name` below `folder`."""

    folder: Path
    name: str
    error: str | None = None
    _file: BinaryIO | None = None
    _writer: WavWriter | None = field(default=None)

    def write(self, pcm: bytes) -> None:
        """Append; blocks. After an error nothing happens."""
        if self.error is not None:
            return
        try:
            if self._writer is None:
                self._writer = self._open()
            self._writer.write(pcm)
        except (OSError, ValueError, RuntimeError) as error:
            self._fail(error)

    def close(self) -> None:
        """Make it whole; blocks."""
        self.write(b"")
        try:
            if self._writer is not None and self.error is None:
                self._writer.finish()
            if self._file is not None:
                self._file.close()
        except OSError as error:
            self._fail(error)

    def _open(self) -> WavWriter:
        root = self.folder.resolve()
        path = (root / self.name).resolve()
        if not path.is_relative_to(root):
            raise ValueError("not below the folder of recordings")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        return WavWriter(self._file)

    def _fail(self, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.error = self.error or f"{self.name[:80]!a}: {why.lower()}"
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


_Job = tuple[RecordingFile, bytes, Closed | None]


class Recorder:
    """One for all. `run` writes until it is cancelled, `finish` what is left then."""

    def __init__(self) -> None:
        self._jobs: list[_Job] = []
        self._wanted = trio.Event()

    def write(self, file: RecordingFile, pcm: bytes) -> None:
        """PCM16 for a file, soon."""
        self._jobs.append((file, pcm, None))
        self._wanted.set()

    def close(self, file: RecordingFile, closed: Closed) -> None:
        """Close it behind all that was written."""
        self._jobs.append((file, b"", closed))
        self._wanted.set()

    async def run(self) -> None:
        """Write as it comes."""
        while True:
            await self._wanted.wait()
            self._wanted = trio.Event()
            jobs, self._jobs = self._jobs, []
            with trio.CancelScope(shield=True):  # half a batch is no recording
                await trio.to_thread.run_sync(_carry_out, jobs)
            _tell(jobs)

    def finish(self) -> None:
        """Write what is left; blocks."""
        jobs, self._jobs = self._jobs, []
        _carry_out(jobs)
        _tell(jobs)


def _carry_out(jobs: Sequence[_Job]) -> None:
    for file, pcm, closed in jobs:
        if closed is None:
            file.write(pcm)
        else:
            file.close()


def _tell(jobs: Sequence[_Job]) -> None:
    for file, _, closed in jobs:
        if closed is not None:
            closed(file.error)
