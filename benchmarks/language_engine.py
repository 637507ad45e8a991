"""What `make bench-language` measures of many activeflows: memory, deadlines, and reaction beside some that
spin."""

from __future__ import annotations

import gc
import time
import tracemalloc

import trio
from language_scripts import IDLE, SPINNERS
from language_tools import compiled

from flowlang.core import Limits, TimePassed
from flowlang.core.activeflow import Activeflow
from flowlang.core.inputs import Begin
from flowlang.core.journal import run_input
from flowlang.core.opening import Opening
from flowlang.engine import open_engine
from flowlang.model.actions import ACTIONS
from flowlang.model.observations import Logged, Observation
from flowlang.model.values import HOUR

_WITHOUT_END = Limits(steps_per_input=1 << 60)
_PAUSE = 0.003  # seconds between two pings


def idle(count: int) -> tuple[float, float]:
    """KiB that one of so many idle activeflows takes, and the seconds in which the deadlines of all fire."""
    script = compiled(IDLE)
    limits = Limits()
    actions = dict(ACTIONS)

    def begun(number: int) -> Activeflow:
        flow = Activeflow(script, Opening(f"a{number}", "main", {}, 0, number), limits, actions)
        run_input(flow, Begin(0))
        return flow

    begun(0).drop()
    gc.collect()
    tracemalloc.start()
    flows = [begun(number) for number in range(count)]
    gc.collect()
    kib = tracemalloc.get_traced_memory()[0] / count / 1024
    tracemalloc.stop()
    due = [each.next_deadline() for each in flows]
    assert set(due) == {HOUR}
    began = time.perf_counter()
    for flow in flows:
        flow.feed(TimePassed(HOUR))
    seconds = time.perf_counter() - began
    assert not any(each.next_deadline() for each in flows)
    return kib, seconds


async def reaction(pings: int) -> float:
    """Milliseconds until a flow has answered, at the 99th percentile, with three others that spin."""
    async with open_engine(limits=_WITHOUT_END) as engine:
        engine.load_text(SPINNERS)
        answers, answered = trio.open_memory_channel[float](1)

        def observe(observation: Observation) -> None:
            if isinstance(observation, Logged):
                answers.send_nowait(time.perf_counter())

        engine.observe(observe)
        for spinner in ("spin_loop", "spin_func", "spin_text"):
            engine.start(spinner)
        waiting = engine.start("react")
        await trio.sleep(0.1)
        took: list[float] = []
        for _ in range(pings):
            began = time.perf_counter()
            engine.signal(waiting.id, "ping")
            took.append(await answered.receive() - began)
            await trio.sleep(_PAUSE)
    return sorted(took)[int(len(took) * 0.99)] * 1000
