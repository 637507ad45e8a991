"""What the engine gives to its host: a script that it has, and an activeflow that the host started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from weakref import ref

from flowlang.analysis import Program
from flowlang.core import Ending, Script
from flowlang.diagnostics import Diagnostic

from .running import Running


@dataclass(frozen=True, slots=True, eq=False)
class LoadedScript:
    """A script that the engine has. `warnings` are what the checker had to say."""

    path: Path | None
    program: Program
    warnings: tuple[Diagnostic, ...]
    script: Script


class Run:
    """An activeflow, as the host that started it sees it. One for which the host has this is not parked."""

    def __init__(self, running: Running) -> None:
        self._running = running
        running.handle = ref(self)

    @property
    def id(self) -> str:
        """The activeflow's id."""
        return self._running.activeflow

    @property
    def flow(self) -> str:
        """The name of the flow that it is in."""
        return self._running.flow.opening.flow

    async def ended(self) -> Ending:
        """Waits for its end and tells how it was."""
        await self._running.ended.wait()
        return self._running.result()
