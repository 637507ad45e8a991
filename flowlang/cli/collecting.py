"""When a server looks for garbage that holds itself: while nobody hears it.

Python's collector stops everything while it looks: 25 to 85 ms for 50,000 objects, several frames of audio.
By itself it looks whenever so many have been added, which is while calls come in: of each 20 or so wait for
64*T1 and then go by themselves. That was 50 us of a call's 1.4 ms. Calls leave no cycles; what else does,
errors among it, can wait until no call is up.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

import trio

_LOOK = 10.0  # seconds
_WORTH = 10_000  # objects more than at the last time: what a busy minute leaves
_MOST = 20_000
"""So many are looked at whoever is up, lest memory fills: 20,000 broken messages, whose errors hold
themselves, made a server with calls up 2.1 times as large with 500,000, 1.17 with 50,000, 1.05 with 20,000
(`make hostile`). 500,000 cost a call some 50 us less."""


def keep_what_is_here() -> None:
    """What the start made stays: from now on nobody looks at it, nor at each few objects that are new."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MOST)


async def collect_when_quiet(quiet: Callable[[], bool], worth: int = _WORTH) -> None:
    """Looks now and then where there are so many, until cancelled."""
    while True:
        await trio.sleep(_LOOK)
        if gc.get_count()[0] >= worth and quiet():
            gc.collect()
