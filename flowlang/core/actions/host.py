"""An action that the host declared in Python."""

from __future__ import annotations

from flowlang.model.commands import RunHostAction
from flowlang.model.values import Value

from .stage import Stage


async def run(stage: Stage) -> Value:
    """Has the engine run it."""
    return await stage.perform(RunHostAction(stage.action.name, stage.given))
