"""`dial` between phones: who hears whom when, how it ends, and what the script has of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from flowlang.testing.softphone import CallFailed, Softphone

from .office import LOW, Office, open_office

DIAL = """
route call => connect
flow connect {
    let r = dial(TO, timeout: 20s) { on ringing { log "ringing" } }
    match r {
        answered as a  => log "answered ${a.cause} ${a.duration}"
        busy as f      => log "busy ${f.status} ${f.q850}"
        no_answer as f => log "no_answer ${f.status} ${f.q850}"
        rejected as f  => log "rejected ${f.status} ${f.q850}"
        failed as f    => log "failed ${f.status} ${f.q850} ${f.reason}"
        cancelled      => log "cancelled"
    }
}
"""
BOB = DIAL.replace("TO", '"bob"')


async def two_phones(office: Office) -> tuple[Softphone, Softphone]:
    return await office.phone(), await office.phone("bob")


async def test_they_are_connected_and_hear_each_other(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, bob = await two_phones(office)
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        assert called.source == "sip:20@127.0.0.1", "the number that was called"
        called.ring()
        await calling.wait_ringing()
        called.answer()
        await calling.wait_answered()
        calling.speak(LOW, loop=True)
        assert (await called.wait_sound()).level > 1000
        called.speak(LOW, loop=True)
        assert (await calling.wait_sound()).level > 1000
        await called.hang_up()
        await calling.wait_ended()
        assert (calling.by, calling.cause) == ("remote", "normal")
        assert (await office.logged(2))[0] == "ringing"
        assert office.logs[1].startswith("answered normal")
        legs = await office.recorded(2)
        assert [(each.direction, each.cause, each.ended_by) for each in legs] == [
            ("out", "normal", "callee"),
            ("in", "normal", "us"),
        ]
        await office.nothing_left()


async def test_the_caller_hangs_up(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, bob = await two_phones(office)
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        await calling.hang_up()
        await called.wait_ended()
        assert (called.by, called.cause) == ("remote", "normal")
        assert (await office.logged())[0].startswith("answered normal")
        await office.nothing_left()


async def test_the_caller_leaves_while_it_rings(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, bob = await two_phones(office)
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.ring()
        await calling.wait_ringing()
        await calling.hang_up()
        await called.wait_ended()
        assert called.cause == "cancelled"
        assert await office.logged(2) == ["ringing", "cancelled"]
        await office.nothing_left()


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (486, "busy 486 17"),
        (600, "busy 600 17"),
        (603, "rejected 603 21"),
        (607, "rejected 607 21"),
        (608, "rejected 608 21"),
        (480, "no_answer 480 18"),
        (404, "failed 404 1 Not Found"),
        (503, "failed 503 41 Service Unavailable"),
    ],
)
async def test_a_refusal_is_an_outcome(tmp_path: Path, clock: MockClock, status: int, line: str) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, bob = await two_phones(office)
        calling = await office.call(alice, "20")
        (await bob.next_call()).reject(status)
        assert await office.logged() == [line]
        with pytest.raises(CallFailed):
            await calling.wait_answered()
        assert calling.status == 480, "the flow ended without an answer"
        await office.nothing_left()


async def test_408_is_no_answer_only_where_it_rang(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, bob = await two_phones(office)
        for ring, line in ((True, "no_answer 408 102"), (False, "failed 408 102 Request Timeout")):
            office.logs.clear()
            await office.call(alice, "20")
            called = await bob.next_call()
            if ring:
                called.ring()
                await office.logged()
            called.reject(408)
            assert (await office.logged(1 + ring))[-1] == line


async def test_nobody_answers_in_time(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, bob = await two_phones(office)
        await office.call(alice, "20")
        called = await bob.next_call()
        called.ring()
        await called.wait_ended()
        assert called.cause == "cancelled"
        assert (await office.logged(2))[1] == "no_answer none 19"
        await office.nothing_left()


async def test_nobody_is_registered(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(BOB, tmp_path) as office:
        await office.call(await office.phone(), "20")
        assert await office.logged() == ["no_answer 480 18"]


async def test_all_phones_of_a_user_ring_and_the_others_learn_that_one_answered(
    tmp_path: Path, clock: MockClock
) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, desk, mobile = await office.phone(), await office.phone("bob"), await office.phone("bob")
        reasons: list[str] = []
        mobile.on_message = lambda trace: reasons.append(trace.data.decode()) if trace.inbound else None
        calling = await office.call(alice, "20")
        first, second = await desk.next_call(), await mobile.next_call()
        first.ring()
        second.ring()
        await office.logged()
        first.answer()
        await calling.wait_answered()
        await second.wait_ended()
        assert second.cause == "cancelled"
        (cancel,) = [each for each in reasons if each.startswith("CANCEL")]
        assert 'Reason: SIP;cause=200;text="Call completed elsewhere"' in cancel
        calling.speak(LOW, loop=True)
        await first.wait_sound()
        await calling.hang_up()
        await office.nothing_left()


async def test_of_several_targets_the_first_to_answer_has_the_call(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(DIAL.replace("TO", '["bob", "carol"]'), tmp_path) as office:
        alice, bob, carol = await office.phone(), await office.phone("bob"), await office.phone("carol")
        reasons: list[str] = []
        bob.on_message = lambda trace: reasons.append(trace.data.decode()) if trace.inbound else None
        calling = await office.call(alice, "20")
        one, other = await bob.next_call(), await carol.next_call()
        one.ring()
        await office.logged()
        other.answer()
        await calling.wait_answered()
        await one.wait_ended()
        assert any("Reason: SIP;cause=200" in each for each in reasons if each.startswith("CANCEL"))
        await other.hang_up()
        await calling.wait_ended()
        await office.nothing_left()


async def test_serial_targets_ring_one_after_the_other(tmp_path: Path, clock: MockClock) -> None:
    script = DIAL.replace("TO,", '["bob", "carol"], strategy: "serial",')
    async with open_office(script, tmp_path) as office:
        alice, bob, carol = await office.phone(), await office.phone("bob"), await office.phone("carol")
        calling = await office.call(alice, "20")
        (await bob.next_call()).reject(486)
        (await carol.next_call()).answer()
        await calling.wait_answered()
        await calling.hang_up()
        await office.nothing_left()


async def test_an_unanswered_caller_hears_early_media_and_the_callee_hears_nobody(
    tmp_path: Path, clock: MockClock
) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, bob = await two_phones(office)
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.early_media()
        called.speak(LOW, loop=True)
        await calling.wait_sound()
        assert calling.early
        assert not calling.answered
        calling.speak(LOW, loop=True)
        await trio.sleep(0.3)
        assert not called.ear.sounds
        called.answer()
        await calling.wait_answered()
        await called.wait_sound()
        await calling.hang_up()
        await office.nothing_left()


async def test_an_answered_caller_hears_a_ringing_tone_until_somebody_answers(
    tmp_path: Path, clock: MockClock
) -> None:
    async with open_office(BOB.replace("let r", "answer\n    let r"), tmp_path) as office:
        alice, bob = await two_phones(office)
        calling = await office.call(alice, "20")
        await calling.wait_answered()
        called = await bob.next_call()
        called.ring()
        tone = await calling.wait_prompt()
        assert tone.seconds == pytest.approx(2.0, abs=0.1)
        called.answer()
        await office.logged()
        await trio.sleep(5)
        assert len(calling.ear.sounds) == 1, "no tone any more"
        await calling.hang_up()
        await office.nothing_left()


async def test_the_tone_ends_where_nobody_answers(tmp_path: Path, clock: MockClock) -> None:
    script = BOB.replace("let r", "answer\n    let r").replace("    }\n}\n", "    }\n    wait 20s\n}\n")
    async with open_office(script, tmp_path) as office:
        alice, bob = await two_phones(office)
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.ring()
        await calling.wait_prompt()
        called.reject(486)
        await trio.sleep(15)
        assert len(calling.ear.sounds) == 1
        await calling.hang_up()


async def test_keys_go_through_to_the_other_side(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(BOB, tmp_path) as office:
        alice, bob = await two_phones(office)
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        pressed: list[str] = []
        called.on_digit(pressed.append)
        calling.press("42#")
        await trio.sleep(1)
        assert "".join(pressed) == "42#"
        await calling.hang_up()


async def test_call_starts_a_flow_with_who_answers(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => ask_back
    route outbound call => greet
    flow ask_back {
        let r = call("bob", data: "x")
        match r { answered => log "answered"; _ => log "no" }
    }
    flow greet {
        say "Hello there, this is your callback."
        match dial("carol") { answered => log "bridged"; _ => log "no" }
    }
    """
    async with open_office(script, tmp_path) as office:
        bob, carol = await office.phone("bob"), await office.phone("carol")
        await office.call(await office.phone(), "20")
        called = await bob.next_call()
        called.answer()
        await called.wait_prompt()
        other = await carol.next_call()
        other.answer()
        other.speak(LOW, loop=True)
        await called.wait_sound()
        await other.hang_up()
        await called.wait_ended()
        assert office.logs == ["answered", "bridged"]
        await office.nothing_left()
