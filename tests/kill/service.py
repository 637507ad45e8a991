"""A process of the service that is killed, and what an operator asks of it by the command line.

Every second process is the very `flow serve` that a user starts; the others are `victim.py`, which is the
same with a point at which it kills itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import trio

from .project import SECRET

READY = b"Ctrl-C ends calls"
VICTIM = Path(__file__).with_name("victim.py")
FLOW = Path(sys.executable).with_name("flow")


@dataclass(slots=True)
class Service:
    """A process of it. `ready` is set when it listens, `over` when it is dead, `died` is when that was, in
    seconds since 1970-01-01 UTC."""

    process: trio.Process
    ready: trio.Event = field(default_factory=trio.Event)
    over: trio.Event = field(default_factory=trio.Event)
    died: float | None = None

    def kill(self) -> None:
        """By `kill -9`."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)

    async def listens_or_is_dead(self, seconds: float) -> None:
        """Returns when one of these is so, or after that time."""
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:

                async def first(event: trio.Event) -> None:
                    await event.wait()
                    nursery.cancel_scope.cancel()

                nursery.start_soon(first, self.ready)
                nursery.start_soon(first, self.over)


@asynccontextmanager
async def serving(folder: Path, point: str | None = None, count: int = 1) -> AsyncGenerator[Service]:
    """Begins one; it is dead at the end. With `point` it kills itself there, the so manieth time."""
    command = [str(FLOW)] if point is None else [sys.executable, str(VICTIM), point, str(count)]
    command += ["serve", "desk.flow", "--data", "data", "--policy", "policy.flow", "--t1", "200"]
    begin = partial(
        trio.lowlevel.open_process, cwd=folder, env=_environment(folder), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    service = Service(await begin(command))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_listen, service, folder / "service.log")
        try:
            yield service
        finally:
            service.kill()
            with trio.CancelScope(shield=True):
                await service.process.wait()
                await service.over.wait()


async def asked(folder: Path, *arguments: str) -> bool:
    """Runs `flow ARGUMENTS --data …`: whether it did what was asked."""
    command = [str(FLOW), *arguments, "--data", "data"]
    done = await trio.run_process(
        command, cwd=folder, env=_environment(folder), check=False, capture_stdout=True, capture_stderr=True
    )
    if b"Traceback" in done.stderr:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[-3000:]}")
    return done.returncode == 0


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "HOOK": SECRET, "PYTHONUTF8": "1", "XDG_CACHE_HOME": str(folder / "cache"),
        "FLOWLANG_KEYS": str(folder / "keys"),
    }  # fmt: skip


async def _listen(service: Service, log: Path) -> None:
    """Keeps what it says."""
    said = b""
    assert service.process.stderr is not None
    with trio.CancelScope(shield=True), log.open("ab") as file:  # it ends with the process
        async with service.process.stderr:
            async for part in service.process.stderr:
                file.write(part)
                if not service.ready.is_set():
                    said += part
                    if READY in said:
                        service.ready.set()
                    said = said[-len(READY) :]
        service.died = time.time()
        service.over.set()
