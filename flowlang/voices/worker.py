"""A worker process that is spoken to in JSON lines, one request at a time.

Rules: a worker that dies, takes too long, says too much or is left in the middle of an answer (cancellation)
is killed; its owner starts another. No process is left behind.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import trio

_CHUNK = 64 * 1024
_MAX_REPLY = 32 * 2**20  # bytes: 300 s of speech at 22,050 Hz are 18 MB in base64
# What the worker gets of our environment: enough to find Python and its packages.
_ENVIRONMENT = ("PATH", "HOME", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT")


class WorkerError(Exception):
    """No answer: the worker did not start, ended, or was too slow. It has been killed."""


class Worker:
    """Made by `start_worker`; `alive` tells whether it can be asked."""

    def __init__(
        self, process: trio.Process, stdin: trio.abc.SendStream, stdout: trio.abc.ReceiveStream
    ) -> None:
        self._process = process
        self._stdin = stdin
        self._stdout = stdout
        self._received = bytearray()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def ask(self, request: dict[str, str], seconds: float) -> dict[str, Any]:
        """Send one line, return the line that comes back. Raises `WorkerError`."""
        return await self._exchange(json.dumps(request).encode() + b"\n", seconds)

    async def greeting(self, seconds: float) -> dict[str, Any]:
        """The line that the worker says unasked. Raises `WorkerError`."""
        return await self._exchange(b"", seconds)

    async def aclose(self) -> None:
        """Kill it and wait until it is gone."""
        self._process.kill()
        with trio.CancelScope(shield=True):  # a killed process is gone at once
            await self._process.wait()
            await self._stdin.aclose()
            await self._stdout.aclose()

    async def _exchange(self, line: bytes, seconds: float) -> dict[str, Any]:
        whole = False
        try:
            with trio.fail_after(seconds):
                if line:
                    await self._stdin.send_all(line)
                answer: dict[str, Any] = json.loads(await self._read_line())
            whole = True
            return answer
        except trio.TooSlowError:
            raise WorkerError(f"no answer within {seconds:g} s") from None
        except (trio.BrokenResourceError, trio.ClosedResourceError, ValueError):
            raise WorkerError("it ended without an answer") from None
        finally:
            if not whole:
                await self.aclose()

    async def _read_line(self) -> bytes:
        received = self._received
        searched = 0
        while (end := received.find(b"\n", searched)) < 0:
            searched = len(received)
            chunk = await self._stdout.receive_some(_CHUNK)
            if not chunk or searched > _MAX_REPLY:
                raise trio.BrokenResourceError
            received += chunk
        line = bytes(received[:end])
        del received[: end + 1]
        return line


async def start_worker(command: Sequence[str]) -> Worker:
    """Start the process. Raises `WorkerError`."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        process = await trio.lowlevel.open_process(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for us: we end it
        )
    except OSError as error:
        raise WorkerError(f"it does not start: {(error.strerror or str(error)).lower()}") from None
    if process.stdin is None or process.stdout is None:
        raise WorkerError("it has no pipes")
    return Worker(process, process.stdin, process.stdout)
