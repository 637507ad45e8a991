"""For how long an activeflow may last, and ring: the deadlines around all others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flowlang.model.values import Duration

from .timers import TimerClass

if TYPE_CHECKING:
    from .activeflow import Activeflow

_OUTERMOST = -1  # the depth of a deadline that is around all others


def set_outermost_deadlines(flow: Activeflow) -> None:
    """By the policies' `limit duration`, and by the `timeout` of a call that began it while it rings."""
    lasts, until = flow.rules.duration, flow.opening.rings_until
    if lasts is not None:
        over = partial(_out_of_time, flow, Duration(lasts))
        flow.timers.add(flow.began + lasts, TimerClass.DEADLINE, _OUTERMOST, over)
    if until is not None and not flow.answered:
        flow.timers.add(until, TimerClass.DEADLINE, _OUTERMOST, flow.legs.give_up_ringing)


def _out_of_time(flow: Activeflow, lasts: Duration) -> None:
    """A `stop` and no fault: no `catch` may go on from there."""
    flow.warn(f"stopped: `limit duration {lasts}` of the policy is over", 0, "policy")
    flow.stop()
