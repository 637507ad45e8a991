"""Replays a kept activeflow for the commands that look into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowlang.core import Activeflow
from flowlang.core.inspect import strands_of
from flowlang.core.journal import Entry
from flowlang.diagnostics import Source
from flowlang.engine.replay import Builds, NotReplayed, Replayed, Watch, replayed
from flowlang.model.plain import to_plain
from flowlang.store.reading import Archive, Stored


@dataclass(frozen=True, slots=True)
class Past:
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


def past_of(archive: Archive, stored: Stored, until: int | None = None) -> Past:
    """What is kept of an activeflow."""
    return Past(stored, archive.entries(stored)[:until], Builds(archive))


def strands_to_plain(flow: Activeflow) -> list[dict[str, Any]]:
    """Where it is: a map for each strand, its frames outermost first."""
    return [
        {
            "strand": each.name,
            "frames": [
                {
                    "flow": frame.name.removeprefix("f_"),
                    "line": int(frame.line),
                    "variables": {name: to_plain(value) for name, value in frame.variables.items()},
                }
                for frame in each.frames
            ],
        }
        for each in strands_of(flow)
    ]


def strand_lines(flow: Activeflow, source: Source) -> list[str]:
    """The same for people."""
    from .display import printable
    from .display.kept import variables

    lines: list[str] = []
    for strand in strands_of(flow):
        lines.append(printable(f"{strand.name}:"))
        for frame in strand.frames:
            code = source.line(frame.line).strip() if not hasattr(frame.line, "file") else ""
            name = frame.name.removeprefix("f_")
            lines.append(printable(f"    {name} line {int(frame.line)}  {code}"))
            if frame.variables:
                lines.append(f"        {printable(variables(frame.variables), 1000)}")
    return lines
