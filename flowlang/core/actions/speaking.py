"""`say` and `play`."""

from __future__ import annotations

from flowlang.model.commands import Play
from flowlang.model.events import CALLER_LEG

from .stage import Stage, sound_files


async def say(stage: Stage) -> None:
    """Speaks a text; waits until it is spoken."""
    await stage.answer_first()
    command = stage.prompt(stage.text("text"), None)
    if command is not None:
        await stage.perform(command)


async def play(stage: Stage) -> None:
    """Plays sound files; waits until they are played."""
    files = sound_files(stage.given["file"])
    await stage.answer_first()
    await stage.perform(Play(CALLER_LEG, files, stage.given["early"] is True))
