"""`answer`, `ring`, `reject`, `hangup`, `redirect`, `transfer`, `hold`, `mute`, `press`."""

from __future__ import annotations

from flowlang.compile.runtime.faults import Fault
from flowlang.model.causes import DECLINED, END_OF_FLOW, MOVED, hangup_cause
from flowlang.model.commands import HangUp, Hold, Mute, Press, Redirect, Reject, Ring, Transfer
from flowlang.model.digits import DIGITS
from flowlang.model.events import CALLER_LEG
from flowlang.model.values import Outcome

from .stage import Stage

_MOST_KEYS = 100
_REFUSES, _LAST_STATUS = 400, 699  # RFC 3261 §7.2, redirections left out
_LAST_CAUSE = 127  # Q.850 §2.2.5


async def answer(stage: Stage) -> None:
    """Answers the call."""
    await stage.answer()


async def ring(stage: Stage) -> None:
    """Tells the caller that it rings; on an answered call nothing."""
    if not stage.flow.answered:
        await stage.perform(Ring(CALLER_LEG))


async def reject(stage: Stage) -> None:
    """Refuses an unanswered call; an answered one is ended."""
    status, reason, q850 = _refusal(stage)
    if stage.flow.answered:
        await hangup(stage)
        return
    await stage.perform(Reject(CALLER_LEG, status, reason, q850))
    stage.flow.caller_left(Outcome("hangup", {"cause": hangup_cause(status)}))


def _refusal(stage: Stage) -> tuple[int, str | None, int]:
    """Status, reason phrase and cause in Q.850's terms, 0 for none."""
    like = stage.given["like"]
    if like is None:
        return stage.integer("status"), stage.optional_text("reason"), 0
    if not isinstance(like, Outcome):
        raise Fault("type", "`like` of `reject` is an outcome of `dial` or `call`")
    status, reason, q850 = (like.fields.get(each) for each in ("status", "reason", "q850"))
    cause = q850 if isinstance(q850, int) and not isinstance(q850, bool) and 1 <= q850 <= _LAST_CAUSE else 0
    if not isinstance(status, int) or isinstance(status, bool) or not _REFUSES <= status <= _LAST_STATUS:
        return END_OF_FLOW, None, cause
    return status, reason if isinstance(reason, str) else None, cause


async def hangup(stage: Stage) -> None:
    """Ends the call. From here on it is as if the caller had left."""
    cause = "normal" if stage.flow.answered else hangup_cause(DECLINED)
    await stage.perform(HangUp(CALLER_LEG, DECLINED))
    stage.flow.caller_left(Outcome("hangup", {"cause": cause}))


async def redirect(stage: Stage) -> None:
    """Sends an unanswered call elsewhere."""
    if stage.flow.answered:
        raise Fault("value", "`redirect` is for a call that is not answered yet; `dial` connects this one")
    await stage.perform(Redirect(CALLER_LEG, stage.text("to")))
    stage.flow.caller_left(Outcome("hangup", {"cause": hangup_cause(MOVED)}))


async def transfer(stage: Stage) -> Outcome:
    """Sends an answered caller elsewhere; he stays where that comes to nothing."""
    to = stage.text("to")
    await stage.answer()
    match await stage.perform(Transfer(CALLER_LEG, to)):
        case {"status": int(status)} if status >= 300:
            return Outcome("failed", {"to": to, "status": status})
        case _:
            stage.flow.caller_left(Outcome("hangup", {"cause": "transferred"}))
            return Outcome("transferred", {"to": to})


async def hold(stage: Stage) -> None:
    """`hold`, `unhold`."""
    await stage.perform(Hold(CALLER_LEG, stage.action.name == "hold"))


async def mute(stage: Stage) -> None:
    """`mute`, `unmute`."""
    await stage.perform(Mute(CALLER_LEG, stage.action.name == "mute"))


async def press(stage: Stage) -> None:
    """Presses keys towards the caller."""
    digits = stage.text("digits")
    if not digits or len(digits) > _MOST_KEYS or set(digits) - set(DIGITS):
        raise Fault("value", f"`press` takes 1 to {_MOST_KEYS} keys: 0-9, *, #, A-D")
    await stage.answer_first()
    await stage.perform(Press(CALLER_LEG, digits))
