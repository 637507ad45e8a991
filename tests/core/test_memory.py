"""Nothing piles up: not in an activeflow that goes on for long, and nothing stays of one that has ended."""

from __future__ import annotations

import gc
import time
import tracemalloc
import weakref
from random import Random

import pytest

from flowlang.core import Activeflow, Begin, Happened, Limits, TimePassed
from flowlang.core.blocks import Block, Level, On
from flowlang.core.exits import Exit
from flowlang.core.journal import run_input
from flowlang.core.strand import Strand
from flowlang.model.events import DigitPressed
from flowlang.model.values import MILLISECOND, SECOND
from tests.core.machine import TEST_ACTIONS, Run, compiled, hangup, hold, key, opening
from tests.core.scripts import random_inputs, random_script

LONG = Limits(history=1_000_000)
MANY = 10_000


def alive() -> int:
    gc.collect()
    return sum(isinstance(each, (Activeflow, Strand, Block, Level, On, Exit)) for each in gc.get_objects())


def test_nothing_stays_of_activeflows_that_have_ended_or_are_dropped() -> None:
    scripts = [compiled(random_script(Random(seed))) for seed in range(20)]
    before = alive()
    ended: list[weakref.ref[Activeflow]] = []
    for seed, script in enumerate(scripts):
        run = Run(script, Limits(steps_per_input=4_000, grace=200, history=200))
        run.go(random_inputs(Random(seed)), 100)
        if run.ending is None:
            run.flow.drop()
        ended.append(weakref.ref(run.flow))
        del run
    assert alive() == before
    assert not any(each() for each in ended)


def test_an_ended_activeflow_holds_no_coroutine_or_frame() -> None:
    run = Run(
        compiled('flow main { on hold { raise "x" }; try { speak } catch e { log "${e}" } finally { post } }')
    )
    run.through([hold(1)])
    assert not run.flow.strands
    assert not len(run.flow.timers)


LOOPS = {
    "continue in a handler": "loop { on dtmf { continue }; wait 9s }",
    "break in a handler": "loop { loop { on dtmf { break }; wait 9s } }",
    "return in a handler": "loop { f() }",
    "exit from a stream": "loop { stream { let _e = wait for dtmf; continue }; wait 9s }",
    "fault caught": 'loop { try { let _e = wait for dtmf; raise "x" } catch e { log e.code } }',
    "fault of a handler": 'loop { try { on dtmf { raise "x" }; wait 9s } catch e { log e.code } }',
    "finally": "loop { try { on dtmf { continue }; wait 9s } finally { n = n + 1 } }",
    "action cancelled": "loop { speak { on dtmf { break } } }",
    "deadline": "loop { within 1ms { wait 9s } else { n = n + 1 } }",
    "race": "loop { race { stream { let _e = wait for dtmf }; stream { wait 9s } } }",
    "ask": 'loop { let _r = ask("?", digits: 1) }',
    "every": "every 1ms { n = n + 1 }",
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_long_loop_keeps_its_memory_flat_and_its_speed(name: str) -> None:
    script = compiled(f"""
        flow main {{ let n = 0; {LOOPS[name]} }}
        flow f {{ on dtmf {{ return }}; wait 9s }}
        flow other {{ let n = 1; log "${{n}}" }}
    """)
    flow = Activeflow(script, opening(), LONG, TEST_ACTIONS)
    run_input(flow, Begin(0))
    at = 0

    def go(inputs: int) -> float:
        nonlocal at
        begun = time.process_time()
        for _ in range(inputs):
            at += MILLISECOND
            given = TimePassed(at) if name in ("deadline", "every") else Happened(at, DigitPressed(0, "1"))
            run_input(flow, given)
        return time.process_time() - begun

    go(MANY // 10)
    gc.collect()
    tracemalloc.start()
    go(MANY // 20)
    gc.collect()
    few = tracemalloc.get_traced_memory()[0]
    go(MANY // 5)
    gc.collect()
    many = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert many - few < 20_000, "bytes"
    early = min(go(MANY // 20) for _ in range(2))
    go(MANY - MANY // 2)
    late = min(go(MANY // 20) for _ in range(2))
    assert late < 3 * early
    assert flow.ending is None
    assert len(flow.timers) <= 4
    flow.drop()


def test_a_long_line_of_strands_frees_each() -> None:
    run = Run(compiled("flow main { loop { stream s { post }; join s } }"), LONG)
    run.through(until=50)
    before = alive()
    run.go([], 500)
    assert alive() <= before + 2
    run.flow.drop()


def test_exceptions_keep_no_chain_of_those_before() -> None:
    text = """
        flow main { loop { try { on dtmf { raise "x" }; wait 9s } catch e { log e.code } finally { post } } }
    """
    run = Run(compiled(text), LONG)
    run.through([key(number * 2, "1") for number in range(200)], until=500)
    gc.collect()
    assert sum(isinstance(each, BaseException) for each in gc.get_objects()) < 20
    run.flow.drop()


def test_the_leaving_of_a_caller_leaves_nothing() -> None:
    script = compiled("flow main { on hangup { post }; on hold { fetch }; stream { wait 99s }; speak }")
    before = alive()
    for _ in range(50):
        run = Run(script)
        run.through([hold(1), hangup(1.5)])
        assert run.ending is not None
    del run
    assert alive() == before


def test_an_idle_activeflow_is_small() -> None:
    script = compiled('flow main { on dtmf { log "d" }; within 1h { wait for signal "x" } else { log "e" } }')
    flows: list[Activeflow] = []
    gc.collect()
    tracemalloc.start()
    for _ in range(200):
        flow = Activeflow(script, opening(), LONG, TEST_ACTIONS)
        run_input(flow, Begin(SECOND))
        flows.append(flow)
    gc.collect()
    each = tracemalloc.get_traced_memory()[0] / len(flows)
    tracemalloc.stop()
    for flow in flows:
        flow.drop()
    assert each < 3_500, f"{each:.0f} bytes each"
