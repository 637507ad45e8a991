"""`dial` with `confirm`: who answers passes a flow of its own before he is connected."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio.testing import MockClock

from .office import LOW, open_office

SCRIPT = """
route call => connect
flow connect {
    match dial("bob", timeout: 20s, confirm: takes_it) {
        answered as a => log "answered ${a.cause}"
        rejected as r => log "rejected ${r.reason}"
        busy, no_answer, failed, cancelled => log "other"
    }
}
flow takes_it {
    match ask("Press 1 to take it.", digits: 1, options: ["1"], timeout: 5s) {
        "1" => return true
        _   => return false
    }
}
"""


async def test_who_presses_the_key_is_connected(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(SCRIPT, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await called.wait_prompt()
        called.press("1")
        await calling.wait_answered()
        called.speak(LOW, loop=True)
        assert (await calling.wait_sound()).level > 1000
        await called.hang_up()
        await calling.wait_ended()
        assert await office.logged() == ["answered normal"]
        assert len(await office.recorded(2)) == 2
        await office.nothing_left()


@pytest.mark.parametrize("key", ["2", None])
async def test_who_does_not_is_hung_up_on(tmp_path: Path, clock: MockClock, key: str | None) -> None:
    async with open_office(SCRIPT, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await called.wait_prompt()
        if key is not None:
            called.press(key)
        else:
            await called.hang_up()
        await called.wait_ended()
        assert await office.logged() == ["rejected not confirmed"]
        await office.nothing_left()


async def test_a_caller_who_leaves_ends_what_asks(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(SCRIPT, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await called.wait_prompt()
        await calling.hang_up()
        await called.wait_ended()
        assert called.by == "remote"
        assert await office.logged() == ["other"]
        await office.nothing_left()
