"""`log`."""

from __future__ import annotations

from flowlang.model.observations import Logged

from .stage import Stage


async def log(stage: Stage) -> None:
    """Writes a line; no waiting."""
    flow = stage.flow
    flow.note(Logged(flow.at, flow.id, stage.text("text"), stage.strand.line))
