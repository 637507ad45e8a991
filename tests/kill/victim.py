"""`flow serve` that kills itself at a named point: `victim.py POINT COUNT serve …`.

A point is before or after a function of flowlang's, of which all is as it is: `store.commit+` is when a
commit has returned, the so manieth time. So that what is parked and woken is killed too, activeflows are
parked after a short while.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

PARK_AFTER = 0.1  # seconds
PLACES = {
    "store.prepare": "flowlang.store.sqlite:SqliteStore.prepare",
    "store.commit": "flowlang.store.sqlite:SqliteStore.commit",
    "store.park": "flowlang.store.sqlite:SqliteStore.park",
    "store.unpark": "flowlang.store.sqlite:SqliteStore.unpark",
    "store.dialog": "flowlang.store.sqlite:SqliteStore.keep_dialog",
    "outbox.open": "flowlang.engine.outbox:Outbox.give_out",
    "outbox.settle": "flowlang.engine.outbox:Outbox._settle",
    "outbox.recover": "flowlang.engine.outbox:Outbox.recover",
    "outbox.retry": "flowlang.engine.outbox:Outbox.retry",
    "wire.begin": "flowlang.backends.on_wire:OnWire.begin",
    "message.in": "flowlang.engine.switchboard:Switchboard.receive",
    "message.left_over": "flowlang.engine.arrivals:Arrivals.left_over",
    "message.stop": "flowlang.engine.arrivals:Arrivals._drop",
    "message.opted_out": "flowlang.store.opt_outs:OptedOut.add",
    "message.report": "flowlang.engine.reporting:Reporting.report",
    "handoff": "flowlang.core.activeflow:Activeflow._hand_off",
    "request": "flowlang.engine.requests:Requests._give_out",
    "signal": "flowlang.engine.engine:Engine.signalled",
    "recovery": "flowlang.engine.recovery:_go_on",
    "recovery.commit": "flowlang.engine.engine:Engine.recover",
    "put_away": "flowlang.engine.engine:Engine.put_away",
    "wake": "flowlang.engine.parking:Parking._wake",
    "call.in": "flowlang.engine.switchboard:Switchboard.offer",
    "call.answer": "flowlang.backends.sip.incoming_leg:IncomingLeg._answer",
    "call.over": "flowlang.engine.records:_closed",
}
"""Where the points are."""
POINTS = tuple(f"{name}{side}" for name in PLACES for side in "-+")
"""Before each place (`-`), and after it (`+`)."""
SELDOM = ("outbox.re", "message.stop", "message.opted_out", "message.left", "handoff", "request", "signal",
          "recovery")  # fmt: skip
"""Points that a process comes to once, or hardly more often."""


def place(name: str) -> tuple[Any, str]:
    """What has the function of a place, and the function's name."""
    module_name, _, path = PLACES[name].partition(":")
    owner: Any = importlib.import_module(module_name)
    *outer, last = path.split(".")
    for each in outer:
        owner = getattr(owner, each)
    return owner, last


def dies(at: str, count: int) -> None:
    """Has this process kill itself there."""
    side = at[-1]
    owner, last = place(at[:-1])
    function: Callable[..., Any] = getattr(owner, last)
    left = count

    def reach() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(function)
    def watched(*arguments: Any, **named: Any) -> Any:
        if side == "-":
            reach()
        result = function(*arguments, **named)
        if side == "+":
            reach()
        return result

    setattr(owner, last, watched)


def main() -> None:
    """Serves until then."""
    point, count = sys.argv[1], int(sys.argv[2])
    sys.argv[1:3] = []
    import flowlang
    import flowlang.cli

    flowlang.open_engine = functools.partial(flowlang.open_engine, park_after=PARK_AFTER)
    dies(point, count)
    sys.exit(flowlang.cli.main())


if __name__ == "__main__":
    main()
