"""`log`."""

from __future__ import annotations

from flowlang.model.observations import Logged
from flowlang.model.places import file_of
from flowlang.model.secrets import shown_text

from .stage import Stage


async def log(stage: Stage) -> None:
    """Writes a line; no waiting."""
    flow = stage.flow
    line = stage.strand.line
    flow.note(Logged(flow.at, flow.id, shown_text(stage.text("text")), line, file=file_of(line)))
