"""sipp plays one call of a scene, as the one who calls or the one who is called."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from .program import GIVE_UP_S, Program, free_port, running
from .scene import Scene, Step


@dataclass(slots=True)
class Sipp:
    """A sipp that plays its scene; `port` is where it is reached."""

    program: Program
    port: int

    async def done(self) -> None:
        """Returns when the scene was played to its end; AssertionError where it was not."""
        with trio.move_on_after(GIVE_UP_S):
            await self.program.process.wait()
        assert self.program.process.returncode == 0, self._seen()

    def _seen(self) -> str:
        logs = (self.program.folder / name for name in ("errors.log", "messages.log"))
        return "\n".join(each.read_text(errors="replace")[-6000:] for each in logs if each.exists())


@asynccontextmanager
async def _open(folder: Path, scene: Scene, *more: str) -> AsyncGenerator[Sipp]:
    await trio.Path(folder).mkdir()
    (folder / "scene.xml").write_text(scene.xml())
    port = free_port()
    options = ["-i", "127.0.0.1", "-bind_local", "-p", str(port), "-sf", "scene.xml", "-m", "1", "-nostdin"]
    options += ["-timeout", str(GIVE_UP_S), "-timeout_error", "-recv_timeout", str(GIVE_UP_S * 1000)]
    options += ["-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"]
    async with running("sip-tester", *more, *options, folder=folder) as program:
        yield Sipp(program, port)


@asynccontextmanager
async def open_caller(folder: Path, server: int, to: str, *steps: Step) -> AsyncGenerator[Sipp]:
    """Calls a user at the server's port."""
    async with _open(folder, Scene("caller", steps), f"127.0.0.1:{server}", "-s", to) as sipp:
        yield sipp


@asynccontextmanager
async def open_callee(folder: Path, *steps: Step) -> AsyncGenerator[Sipp]:
    """Waits for its call; it listens when this gives it."""
    async with _open(folder, Scene("callee", steps)) as sipp:
        listens = f":{sipp.port:04X} "
        await sipp.program.until(lambda: listens in Path("/proc/net/udp").read_text(), "its port")
        yield sipp
