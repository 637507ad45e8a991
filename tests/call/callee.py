"""sipp as the callee: it answers one call as its scenario says, on a port of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from .sipp import GIVE_UP_S, SCENARIOS

DISCARD = "9"  # the port where nobody listens to what we say (RFC 863)


@dataclass(slots=True)
class Callee:
    """`port` is where it listens; `messages` what it saw so far."""

    port: int
    folder: Path
    process: trio.Process

    @property
    def messages(self) -> str:
        """Its log of messages."""
        log = self.folder / "callee.log"
        return log.read_text(errors="replace") if log.exists() else ""

    async def done(self) -> None:
        """Returns when its call is over; AssertionError where that did not go as the scenario says."""
        with trio.fail_after(GIVE_UP_S):
            code = await self.process.wait()
        errors = self.folder / "callee.err"
        assert code == 0, errors.read_text(errors="replace") if errors.exists() else self.messages[-3000:]


def free_port() -> int:
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def open_callee(scenario: str, folder: Path) -> AsyncGenerator[Callee]:
    """A callee while the block lasts."""
    program = shutil.which("sipp")
    assert program, "sipp is missing: run `make setup-peers`"
    port = free_port()
    command = [
        program, "-i", "127.0.0.1", "-bind_local", "-p", str(port), "-sf", str(SCENARIOS / f"{scenario}.xml"),
        "-key", "rtp_port", DISCARD, "-m", "1", "-timeout", str(GIVE_UP_S), "-timeout_error",
        "-nostdin", "-trace_msg", "-message_file", str(folder / "callee.log"),
        "-trace_err", "-error_file", str(folder / "callee.err"),
    ]  # fmt: skip
    async with trio.open_nursery() as nursery:
        process = await nursery.start(_run, command, folder)
        await _listening(port)
        try:
            yield Callee(port, folder, process)
        finally:
            nursery.cancel_scope.cancel()


async def _run(command: list[str], folder: Path, *, task_status: trio.TaskStatus[trio.Process]) -> None:
    process = await trio.lowlevel.open_process(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"TERM": "dumb"}
    )
    task_status.started(process)
    try:
        await process.wait()
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


async def _listening(port: int) -> None:
    """Returns when somebody has the port: the kernel's word."""
    with trio.fail_after(20):
        while not _is_taken(port):  # noqa: ASYNC110 - no event tells
            await trio.sleep(0.02)


def _is_taken(port: int) -> bool:
    return f":{port:04X} " in Path("/proc/net/udp").read_text()
