"""Replays a kept activeflow for the commands that look into it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flowlang.core import Activeflow
from flowlang.core.inspect import strands_of
from flowlang.core.journal import Entry
from flowlang.diagnostics import Source
from flowlang.engine.replay import Builds, NotReplayed, Replayed, Watch, replayed
from flowlang.model.plain import to_plain
from flowlang.store.reading import Archive
from flowlang.store.stored import Stored

from .stepping import Step

_PREFIX = re.compile(r"\A(?:[fg]|z\d+)_")  # see `compile.names`
_NUMBER = re.compile(r"_\d+\Z")


@dataclass(frozen=True, slots=True)
class KeptRun:
    """An activeflow with its journal; `until` entries of it where that was asked for."""

    stored: Stored
    entries: list[Entry]
    builds: Builds

    @property
    def source(self) -> Source:
        """Its script."""
        script, _, _ = self.builds.of(self.stored)
        return script.program.module.source

    def run(self, watch: Watch | None = None) -> Replayed | NotReplayed:
        """Replays it; why not, where that does not go to the end."""
        try:
            return replayed(self.stored, self.entries, self.builds, watch)
        except NotReplayed as error:
            return error


def kept_run(archive: Archive, stored: Stored, until: int | None = None) -> KeptRun:
    """What is kept of an activeflow."""
    return KeptRun(stored, archive.entries(stored)[:until], Builds(archive))


def strands_to_plain(flow: Activeflow) -> list[dict[str, Any]]:
    """Where it is: a map for each strand, its frames outermost first."""
    return [
        {
            "strand": each.name,
            "frames": [
                {
                    "flow": _name(frame.name),
                    "line": int(frame.line),
                    "variables": {name: to_plain(value) for name, value in frame.variables.items()},
                }
                for frame in each.frames
            ],
        }
        for each in strands_of(flow)
    ]


def step_to_plain(step: Step) -> dict[str, Any]:
    """A line before it runs, with its variables."""
    return {
        "flow": _name(step.name),
        "line": step.line,
        "file": step.file,
        "variables": {name: to_plain(value) for name, value in step.variables.items()},
    }


def step_lines(step: Step, source: Source) -> list[str]:
    """The same for people."""
    from .display import printable
    from .display.kept import variables

    code = source.line(step.line).strip() if step.file is None else step.file
    lines = [printable(f"{_name(step.name)} line {step.line}  {code}")]
    if step.variables:
        lines.append(f"    {printable(variables(step.variables), 1000)}")
    return lines


def _name(python_name: str) -> str:
    """As the script has it: a flow or `func` by its name, a block by what it is, such as `on`."""
    name = _PREFIX.sub("", python_name)
    return name if name != python_name else _NUMBER.sub("", name)


def strand_lines(flow: Activeflow, source: Source) -> list[str]:
    """The same for people."""
    from .display import printable
    from .display.kept import variables

    lines: list[str] = []
    for strand in strands_of(flow):
        lines.append(printable(f"{strand.name}:"))
        for frame in strand.frames:
            code = source.line(frame.line).strip() if not hasattr(frame.line, "file") else ""
            lines.append(printable(f"    {_name(frame.name)} line {int(frame.line)}  {code}"))
            if frame.variables:
                lines.append(f"        {printable(variables(frame.variables), 1000)}")
    return lines
