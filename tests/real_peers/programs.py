"""Programs of others as peers: started for one test, told by their output that they are there, ended with it.

A program that is not installed is a failure that says how to install it, never a skip.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

PATIENCE = 20.0  # seconds for a program to do what is asked; it is a tenth of that


@dataclass
class Program:
    """`said` is what it wrote, line by line."""

    name: str
    process: trio.Process
    said: list[str] = field(default_factory=list[str])
    changed: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    async def says(self, text: str) -> None:
        """Returns when it has written a line with this text."""
        with trio.move_on_after(PATIENCE) as late:
            while not any(text in line for line in self.said):
                await self.changed.park()
        assert not late.cancelled_caught, f"{self.name} did not say {text!r}:\n" + "\n".join(self.said[-40:])

    async def tell(self, line: str) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        await self.process.stdin.send_all(f"{line}\n".encode())

    async def listen(self) -> None:
        """Keep what it writes."""
        assert self.process.stdout is not None
        rest = b""
        async for data in self.process.stdout:
            *lines, rest = (rest + data).split(b"\n")
            self.said += [line.decode(errors="replace") for line in lines]
            self.changed.unpark_all()


@asynccontextmanager
async def running(
    *command: str | Path, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[Program]:
    """The program while the block lasts; `environment` is added to ours."""
    name = str(command[0])
    assert shutil.which(name), f"{name} is not installed; run `make setup-peers`"
    async with trio.open_nursery() as nursery:
        process = await trio.lowlevel.open_process(
            [str(each) for each in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        program = Program(name, process)
        nursery.start_soon(program.listen)
        try:
            yield program
        finally:
            with trio.CancelScope(shield=True):
                process.send_signal(signal.SIGTERM)
                with trio.move_on_after(3) as slow:
                    await process.wait()
                if slow.cancelled_caught:
                    process.kill()
                    await process.wait()
            nursery.cancel_scope.cancel()


def free_port() -> int:
    """A port of 127.0.0.1 that is free for UDP and TCP, for a program that cannot choose one itself."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(("127.0.0.1", 0))
            port: int = datagrams.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
                try:
                    stream.bind(("127.0.0.1", port))
                except OSError:
                    continue
            return port
