"""What each built-in action does: a file each, a coroutine each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from flowlang.model.values import Value

from . import ask, call_control, log, speaking
from .stage import Stage

ActionBody = Callable[[Stage], Awaitable[Value]]

ACTION_BODIES: Mapping[str, ActionBody] = {
    "answer": call_control.answer,
    "ring": call_control.ring,
    "reject": call_control.reject,
    "hangup": call_control.hangup,
    "say": speaking.say,
    "play": speaking.play,
    "ask": ask.ask,
    "log": log.log,
}
