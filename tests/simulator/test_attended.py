"""Attended transfers between simulated phones, under an engine."""

from __future__ import annotations

import trio
from trio.testing import MockClock

import flowlang
from flowlang.backends.simulator import SimulatorBackend
from flowlang.model.policy import EVERYTHING


async def test_one_in_two_calls_joins_those_to_whom_he_talks(autojump_clock: MockClock) -> None:
    script = """
    policy { allow dial "*" }
    route call to "20" => to_bob
    route call to "30" => to_carol
    flow to_bob { match dial("bob") { answered => log "over"; _ => log "no" } }
    flow to_carol { match dial("carol") { answered => log "over"; _ => log "no" } }
    """
    phones = SimulatorBackend()
    async with flowlang.open_engine(backends=[phones], policy=EVERYTHING) as engine:
        engine.load_text(script)
        await engine.listen()
        alice = phones.call(source="+14155550100", to="20")
        bob = await phones.wait_called("bob")
        bob.answer()
        await alice.wait_answered()
        asks = phones.call(source="bob", to="30")
        carol = await phones.wait_called("carol")
        carol.answer()
        await asks.wait_answered()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(carol.wait_heard, "Hello, carol.")
            await trio.sleep(1)
            assert bob.transfer_to(asks) == 200
            await bob.wait_ended()
            await asks.wait_ended()
            alice.speak("Hello, carol.")
        carol.hang_up()
        await alice.wait_ended()
