"""`answer`, `ring`, `reject`, `hangup`."""

from __future__ import annotations

from flowlang.compile.runtime.faults import Fault
from flowlang.model.causes import DECLINED, hangup_cause
from flowlang.model.commands import HangUp, Reject, Ring
from flowlang.model.events import CALLER_LEG
from flowlang.model.values import Outcome

from .stage import Stage

_REFUSALS = range(400, 700)


async def answer(stage: Stage) -> None:
    """Answers the call."""
    await stage.answer()


async def ring(stage: Stage) -> None:
    """Tells the caller that it rings; on an answered call nothing."""
    if not stage.flow.answered:
        await stage.perform(Ring(CALLER_LEG))


async def reject(stage: Stage) -> None:
    """Refuses an unanswered call; an answered one is ended."""
    status = stage.integer("status")
    if status not in _REFUSALS:
        raise Fault("value", f"`reject` takes a status from 400 to 699, not {status}")
    if stage.flow.answered:
        await hangup(stage)
        return
    await stage.perform(Reject(CALLER_LEG, status, stage.optional_text("reason")))
    stage.flow.caller_left(Outcome("hangup", {"cause": hangup_cause(status)}))


async def hangup(stage: Stage) -> None:
    """Ends the call. From here on it is as if the caller had left."""
    cause = "normal" if stage.flow.answered else hangup_cause(DECLINED)
    await stage.perform(HangUp(CALLER_LEG, DECLINED))
    stage.flow.caller_left(Outcome("hangup", {"cause": cause}))
