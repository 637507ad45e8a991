"""A real program beside the test: found or missed with its package's name, started in a folder of its own on
the loopback, watched until it says what is waited for, killed at the end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from tools.peers import PEERS

GIVE_UP_S = 10  # no peer takes longer to do what it was told; a busy machine included
LOOK_S = 0.02  # how often a condition outside of this process is looked at


@dataclass(slots=True)
class Program:
    """A program that runs; `folder` is its home and `log` has all that it wrote."""

    name: str
    folder: Path
    log: Path
    process: trio.Process

    def said(self) -> str:
        """All that it wrote so far."""
        return self.log.read_text(errors="replace")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Returns when that is so; AssertionError with the end of its log where it is not so in time."""
        with trio.move_on_after(GIVE_UP_S):
            while not condition():  # noqa: ASYNC110 - no event of ours tells what another process does
                await trio.sleep(LOOK_S)
        assert condition(), f"{self.name}: {what} never came; it says:\n{self.said()[-3000:]}"

    async def until_said(self, text: str, times: int = 1) -> None:
        """Returns when it wrote that text so often."""
        await self.until(lambda: self.said().count(text) >= times, repr(text))

    async def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        await self.process.stdin.send_all(line.encode() + b"\n")


def find(package: str) -> str:
    """The program by which we know a Debian package; the test fails where it is missing."""
    program = shutil.which(PEERS[package], path="/usr/sbin:/usr/bin:/usr/local/bin:/sbin:/bin")
    assert program, f"{PEERS[package]} is missing: run `make setup-peers`, or apt-get install {package}"
    return program


@asynccontextmanager
async def running(package: str, *arguments: str | Path, folder: Path) -> AsyncGenerator[Program]:
    """The program of a package while the block lasts."""
    command = [find(package), *map(str, arguments)]
    await trio.Path(folder).mkdir(parents=True, exist_ok=True)
    async with trio.open_nursery() as nursery:
        program = await nursery.start(_run, command, folder)
        try:
            yield program
        finally:
            nursery.cancel_scope.cancel()


async def _run(command: Sequence[str], folder: Path, *, task_status: trio.TaskStatus[Program]) -> None:
    log = folder / "said.log"
    with log.open("wb") as out:
        process = await trio.lowlevel.open_process(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that whatever it starts ends with it
            env={"HOME": str(folder), "TERM": "dumb", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
    try:
        task_status.started(Program(Path(command[0]).name, folder, log, process))
        await trio.sleep_forever()
    finally:
        with suppress(ProcessLookupError):  # it may be over
            os.killpg(process.pid, signal.SIGKILL)
        with trio.CancelScope(shield=True):
            assert process.stdin is not None
            await process.stdin.aclose()
            await process.wait()


def free_port(width: int = 1) -> int:
    """The first of `width` ports in a row that nobody has, neither for UDP nor for TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port + width < 0x10000 and all(is_free(each) for each in range(port, port + width)):
            return port


def is_free(port: int) -> bool:
    """Whether nobody has it."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
