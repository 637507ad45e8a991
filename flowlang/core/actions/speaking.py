"""`say` and `play`."""

from __future__ import annotations

from flowlang.model.action import THREADS
from flowlang.model.commands import Play
from flowlang.model.events import CALLER_LEG

from . import thread
from .stage import Stage, sound_files


async def say(stage: Stage) -> None:
    """Speaks a text, or writes it in a thread; waits until it is spoken or given out."""
    if stage.flow.opening.channel in THREADS:
        await thread.write(stage, stage.text("text"))
        return
    await stage.answer_first()
    command = stage.prompt(stage.text("text"), None)
    if command is not None:
        await stage.perform(command)


async def play(stage: Stage) -> None:
    """Plays sound files; waits until they are played."""
    files = sound_files(stage.given["file"])
    await stage.answer_first()
    await stage.perform(Play(CALLER_LEG, files, stage.given["early"] is True))
