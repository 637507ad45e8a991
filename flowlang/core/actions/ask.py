"""`ask`: digits on a call, the next message in a thread; what was wanted is judged alike."""

from __future__ import annotations

from flowlang.model.action import THREADS
from flowlang.model.values import Outcome

from . import ask_in_thread, ask_on_call
from .stage import Stage


async def ask(stage: Stage) -> Outcome:
    """Asks on the channel that the person is on."""
    if stage.flow.opening.channel in THREADS:
        return await ask_in_thread.ask(stage)
    return await ask_on_call.ask(stage)
