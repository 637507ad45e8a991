"""A call that is over leaves nothing to the garbage collector: what a look for cycles takes, no caller has to
wait for."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.bridged_calls.office import open_office

SCRIPT = """
route call => hello
flow hello {
    on hold { log "held" }
    answer
    wait 500ms
    hangup
}
"""


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0.001)


@pytest.fixture
def garbage() -> Iterator[list[object]]:
    """What the collector found, from `gc.collect()` on."""
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()


async def test_a_call_leaves_no_cycles(tmp_path: Path, clock: MockClock, garbage: list[object]) -> None:
    async with open_office(SCRIPT, tmp_path) as office:
        phone = await office.phone()
        for _ in range(10):
            call = await office.call(phone, "desk")
            await call.wait_answered()
            with trio.fail_after(10):
                await call.wait_ended()
            del call
        await trio.sleep(60)
        gc.collect()
        found = Counter(type(each).__qualname__ for each in garbage)
    ours = ("Activeflow", "Strand", "Running", "Legs", "IncomingLeg", "IncomingCall")
    assert {name: found[name] for name in ours if found[name]} == {}
