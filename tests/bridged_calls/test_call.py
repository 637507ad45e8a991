"""`call` over SIP: activeflows that begin on legs of ours, at the answer or while it rings."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio.testing import MockClock

from .office import LOW, open_office

CALLED_BACK = """
route call => ask_for_it

flow ask_for_it {
    let placed = call("alice", flow: back, data: "bob", timeout: 20s)
    log placed
    reject
}

flow back {
    let leg = dial(call.data, timeout: 20s)
    log "${leg}"
}
"""

RINGS = """
route call => ask_for_it

flow ask_for_it {
    match call("bob", flow: greet, begin: "ringing", timeout: 5s) {
        begun                             => log "begun"
        busy, no_answer, rejected, failed => log "not begun"
    }
}

flow greet {
    on answered { log "taken" }
    on hangup as e { log "gone: ${e.cause}" }
    say "Hello."
    log "said"
}
"""


async def test_a_call_back_rings_one_then_the_other_and_connects_them(
    tmp_path: Path, clock: MockClock
) -> None:
    async with open_office(CALLED_BACK.replace("log placed", 'log "${placed}"'), tmp_path) as office:
        alice, bob = await office.phone("alice"), await office.phone("bob")
        await office.call(await office.phone(), "20")
        at_alice = await alice.next_call()
        assert not any("bob" in each.summary for each in office.messages if each.direction == "out")
        at_alice.answer()
        at_bob = await bob.next_call()
        at_bob.ring()
        at_bob.answer()
        at_bob.speak(LOW, loop=True)
        assert (await at_alice.wait_sound()).level > 1000
        await at_bob.hang_up()
        await at_alice.wait_ended()
        assert any(line.startswith("answered") for line in await office.logged(2))
        assert len(await office.recorded(3)) == 3
        await office.nothing_left()


async def test_what_is_said_while_it_rings_waits_for_the_answer(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(RINGS, tmp_path) as office:
        bob = await office.phone("bob")
        await office.call(await office.phone(), "20")
        called = await bob.next_call()
        called.ring()
        assert await office.logged() == ["begun"]
        called.answer()
        await called.wait_prompt()
        await called.wait_ended()
        assert await office.logged(3) == ["begun", "taken", "said"]
        await office.nothing_left()


@pytest.mark.parametrize(("status", "cause"), [(486, "busy"), (603, "rejected"), (404, "not_found")])
async def test_who_rings_and_does_not_take_it_has_left(
    tmp_path: Path, clock: MockClock, status: int, cause: str
) -> None:
    async with open_office(RINGS, tmp_path) as office:
        bob = await office.phone("bob")
        await office.call(await office.phone(), "20")
        called = await bob.next_call()
        called.ring()
        assert await office.logged() == ["begun"]
        called.reject(status)
        assert await office.logged(2) == ["begun", f"gone: {cause}"]
        await office.nothing_left()


async def test_it_is_cancelled_where_it_rings_for_too_long(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(RINGS, tmp_path) as office:
        bob = await office.phone("bob")
        await office.call(await office.phone(), "20")
        called = await bob.next_call()
        called.ring()
        await called.wait_ended()
        assert await office.logged(2) == ["begun", "gone: no_answer"]
        assert any(each.summary.startswith("CANCEL") for each in office.messages)
        await office.nothing_left()
