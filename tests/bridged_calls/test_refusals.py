"""A caller who is refused as who was called refused us, and what he hears before."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio.testing import MockClock, wait_all_tasks_blocked

from flowlang.testing.softphone import CallFailed

from .office import LOW, open_office

LIKE = """
route call => pass_on
flow pass_on {
    let leg = dial("bob", timeout: 5s)
    reject like: leg
}
"""


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (486, "Q.850;cause=17", 486),
        (600, "Q.850;cause=17", 600),
        (404, "Q.850;cause=1", 404),
        (603, "Q.850;cause=21", 603),
        (302, "Q.850;cause=127", 480),
        (None, "Q.850;cause=19", 480),
    ],
)
async def test_the_caller_is_told_what_the_callee_said(
    tmp_path: Path, clock: MockClock, status: int | None, reason: str, told: int
) -> None:
    async with open_office(LIKE, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        refusals: list[str] = []
        alice.on_message = lambda trace: refusals.append(trace.data.decode()) if trace.inbound else None
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        if status is None:
            called.ring()
        else:
            called.reject(status)
        with pytest.raises(CallFailed):
            await calling.wait_answered()
        assert calling.status == told
        (final,) = (each for each in refusals if each.startswith(f"SIP/2.0 {told} "))
        assert f"\r\nReason: {reason}\r\n" in final
        await office.nothing_left()


async def test_an_answered_caller_hears_early_media_too(tmp_path: Path, clock: MockClock) -> None:
    script = 'route call => f\nflow f { answer\n let r = dial("bob", timeout: 20s)\n log "${r}" }'
    async with open_office(script, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        await calling.wait_answered()
        called = await bob.next_call()
        called.early_media()
        called.speak(LOW, loop=True)
        assert (await calling.wait_sound()).level > 1000
        called.reject(486)
        assert (await office.logged())[0].startswith("busy")
        await office.nothing_left()


async def test_what_one_offers_again_is_answered_here_and_never_relayed(
    tmp_path: Path, clock: MockClock
) -> None:
    script = 'route call => f\nflow f { let r = dial("bob", timeout: 20s)\n log "${r}" }'
    async with open_office(script, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        await wait_all_tasks_blocked()
        before = len(office.messages)
        await calling.hold()
        await calling.unhold()
        later = office.messages[before:]
        came = [each.summary.split(" ")[0] for each in later if each.direction == "in"]
        assert came[:3] == ["INVITE", "ACK", "INVITE"]
        assert not [each for each in later if each.direction == "out" and "INVITE sip" in each.summary]
        await calling.hang_up()
        await called.wait_ended()
        await office.nothing_left()
