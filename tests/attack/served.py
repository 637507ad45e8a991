"""A process of `flow serve` as a user starts it, under attack: an open listener, a route for every call, and
the registrar. What it says and what memory it holds are seen from outside.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from tests.peers.program import free_port

FLOW = Path(sys.executable).with_name("flow")
BEGIN_S = 60.0  # a busy machine included

SETTINGS = """
[sip]
realm = "office.example"
[sip.listeners.here]
address = "127.0.0.1:{port}"
open = true
[accounts.alice]
password = {{ env = "ALICE" }}
"""


@dataclass(slots=True)
class Served:
    """The process; `port` is where it listens on 127.0.0.1, for UDP and TCP."""

    process: trio.Process
    log: Path
    port: int

    @property
    def up(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def said(self) -> str:
        """All that it wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tracebacks(self) -> int:
        """How many it wrote."""
        return self.said().count("Traceback")

    def resident(self) -> float:
        """MiB that it holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@asynccontextmanager
async def serving(folder: Path, script: str, *options: str) -> AsyncGenerator[Served]:
    """It serves that script while the block lasts."""
    (folder / "open.flow").write_text(script, encoding="utf-8")
    port = free_port()
    (folder / "flow.toml").write_text(SETTINGS.format(port=port), encoding="utf-8")
    log = folder / "said.log"
    with log.open("wb") as file:
        process = await trio.lowlevel.open_process(
            [FLOW, "serve", "open.flow", "--no-store", *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file,
            env={**os.environ, "ALICE": "wonder", "XDG_CACHE_HOME": str(folder / "cache")},
        )
    try:
        served = Served(process, log, port)
        await _until_it_listens(served)
        yield served
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


async def _until_it_listens(served: Served) -> None:
    with trio.move_on_after(BEGIN_S):
        while served.up and "flow: SIP on udp and tcp 127.0.0.1:" not in served.said():  # noqa: ASYNC110 - see `Program.until`
            await trio.sleep(0.02)
    assert served.up, f"flow serve does not come up:\n{served.said()[-2000:]}"
