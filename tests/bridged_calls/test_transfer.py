"""Transfers: a phone gives its place to somebody else, and a script sends its caller elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio.testing import MockClock

from flowlang.testing.softphone import CalledCall, PhoneCall, Softphone

from .office import LOW, Office, open_office

CONNECT = """
route call => connect
flow connect {
    on transferred as e { log "transferred by ${e.by}" }
    match dial("bob") { answered as a => log "over ${a.cause}"; _ => log "no" }
}
"""


async def connected(office: Office) -> tuple[PhoneCall, CalledCall, Softphone]:
    """Alice and Bob in a call, and Carol's phone."""
    alice, bob, carol = await office.phone(), await office.phone("bob"), await office.phone("carol")
    calling = await office.call(alice, "20")
    called = await bob.next_call()
    called.answer()
    await calling.wait_answered()
    return calling, called, carol


async def heard_by(speaker: PhoneCall, hearer: PhoneCall) -> None:
    speaker.speak(LOW, loop=True)
    assert (await hearer.wait_sound()).level > 1000


async def test_the_agent_transfers_the_caller(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called, carol = await connected(office)
        statuses: list[int] = []

        async def transfer() -> None:
            statuses.append(await called.transfer("sip:carol@office.example"))

        async with office.nursery() as nursery:
            nursery.start_soon(transfer)
            third = await carol.next_call()
            third.ring()
            third.answer()
        await called.wait_ended()
        assert statuses == [200]
        assert await office.logged() == ["transferred by agent"]
        await heard_by(calling, third)
        await heard_by(third, calling)
        await third.hang_up()
        await calling.wait_ended()
        assert office.logs[1:] == ["over normal"]
        await office.nothing_left()


async def test_the_caller_transfers_the_agent(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called, carol = await connected(office)
        statuses: list[int] = []

        async def transfer() -> None:
            statuses.append(await calling.transfer("sip:carol@office.example"))

        async with office.nursery() as nursery:
            nursery.start_soon(transfer)
            third = await carol.next_call()
            third.answer()
        await calling.wait_ended()
        assert statuses == [200]
        await heard_by(called, third)
        await heard_by(third, called)
        await called.hang_up()
        await third.wait_ended()
        assert office.logs[0] == "transferred by caller"
        await office.nothing_left()


async def test_a_transfer_that_comes_to_nothing_leaves_all_as_it_was(
    tmp_path: Path, clock: MockClock
) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called, carol = await connected(office)
        statuses: list[int] = []

        async def transfer() -> None:
            statuses.append(await called.transfer("sip:carol@office.example"))

        async with office.nursery() as nursery:
            nursery.start_soon(transfer)
            (await carol.next_call()).reject(486)
        assert statuses == [486]
        await heard_by(calling, called)
        await calling.hang_up()
        await office.nothing_left()


async def test_the_policy_binds_transfers(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(CONNECT, tmp_path, allow='"bob"') as office:
        calling, called, _ = await connected(office)
        assert await called.transfer("sip:carol@office.example") == 403
        assert await called.transfer("sip:bob@192.0.2.77") == 403
        await heard_by(calling, called)
        await calling.hang_up()
        await office.nothing_left()


async def test_whom_nobody_is_connected_with_transfers_nobody(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => alone
    flow alone { answer; wait 1m }
    """
    async with open_office(script, tmp_path) as office:
        call = await office.call(await office.phone(), "20")
        await call.wait_answered()
        assert await call.transfer("sip:carol@office.example") == 603
        await call.hang_up()


@pytest.mark.parametrize(("status", "line"), [(200, "transferred"), (486, "failed 486")])
async def test_a_script_sends_its_caller_elsewhere(
    tmp_path: Path, clock: MockClock, status: int, line: str
) -> None:
    script = """
    route call => elsewhere
    flow elsewhere {
        answer
        match transfer("sip:desk@192.0.2.9") {
            transferred => log "transferred"
            failed as f => log "failed ${f.status}"
        }
    }
    """
    async with open_office(script, tmp_path) as office:
        call = await office.call(await office.phone(), "20")
        await call.wait_answered()
        assert await call.wait_sent() == "sip:desk@192.0.2.9"
        call.report_transfer(status)
        assert await office.logged() == [line]
        await call.wait_ended()
        (record,) = await office.recorded(1)
        assert record.cause == ("transferred" if status == 200 else "normal")
        await office.nothing_left()


TWO_CALLS = """
route call to "20" => to_bob
route call to "30" => to_carol
flow to_bob {
    on transferred as e { log "transferred by ${e.by} to ${e.to}" }
    match dial("bob") { answered as a => log "20 over ${a.cause}"; _ => log "no" }
}
flow to_carol {
    on hangup as e { log "30 left ${e.cause}" }
    match dial("carol") { answered as a => log "30 over"; _ => log "no" }
    wait 1h
}
"""


async def test_an_attended_transfer_joins_those_whom_somebody_talks_to(
    tmp_path: Path, clock: MockClock
) -> None:
    async with open_office(TWO_CALLS, tmp_path) as office:
        alice, bob, carol = await office.phone(), await office.phone("bob"), await office.phone("carol")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        await called.hold()
        consulting = await office.call(bob, "30", "bob")
        third = await carol.next_call()
        third.answer()
        await consulting.wait_answered()
        assert await called.transfer_to(consulting) == 200
        assert {each.cause for each in await office.recorded(2)} == {"transferred"}
        assert {(each.direction, each.to) for each in office.records} == {
            ("out", "bob"),
            ("in", "sip:30@127.0.0.1"),
        }
        await called.wait_ended()
        await consulting.wait_ended()
        await heard_by(calling, third)
        await heard_by(third, calling)
        assert sorted(await office.logged(3)) == [
            "30 left transferred",
            "30 over",
            "transferred by agent to carol",
        ]
        await calling.hang_up()
        await third.wait_ended()
        assert office.logs[3:] == ["20 over normal"]
        assert sorted(each.cause for each in await office.recorded(4)) == [
            "normal",
            "normal",
            "transferred",
            "transferred",
        ]
        lasted = office.records[2:]
        assert {(each.direction, each.to) for each in lasted} == {
            ("in", "sip:20@127.0.0.1"),
            ("out", "carol"),
        }
        assert {each.ended_by for each in lasted} == {"caller", "us"}
        assert len({each.call_id for each in office.records}) == 4
        await office.nothing_left()


async def test_an_attended_transfer_is_bound_by_the_policy_of_the_flow_that_goes_on(
    tmp_path: Path, clock: MockClock
) -> None:
    """The consultation may call whom the connected caller may not."""
    to_bob = 'route call to "20" => to_bob\nflow to_bob { let d = dial("bob") }'
    to_carol = """
    policy { allow dial "carol" }
    route call to "30" => to_carol
    flow to_carol { let d = dial("carol") }
    """
    async with open_office(to_bob, tmp_path, allow='"bob"') as office:
        office.engine.load_text(to_carol)
        alice, bob, carol = await office.phone(), await office.phone("bob"), await office.phone("carol")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        consulting = await office.call(bob, "30", "bob")
        third = await carol.next_call()
        third.answer()
        await consulting.wait_answered()
        assert await called.transfer_to(consulting) == 403
        await heard_by(calling, called)
        await heard_by(consulting, third)
        assert not office.records
        await calling.hang_up()
        await consulting.hang_up()
        await office.nothing_left()


@pytest.mark.parametrize(("source", "status"), [("carol", 403), ("carol@away", 200)])
async def test_nobody_is_joined_who_passes_for_an_account_of_ours(
    tmp_path: Path, clock: MockClock, source: str, status: int
) -> None:
    """Bob talks to Alice, and is called by somebody who says at an open listener that he is Carol."""
    script = """
    route call => to_bob
    flow to_bob { let d = dial("bob") }
    """
    async with open_office(script, tmp_path) as office:
        bob = await office.phone("bob")
        calling = await office.call(await office.phone(), "20", "alice")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        other = await office.phone()
        host = "office.example" if source == "carol" else "away.example"
        second = await other.call(f"sip:30@{office.address.hostport}", caller=f"sip:carol@{host}")
        consulted = await bob.next_call()
        consulted.answer()
        await second.wait_answered()
        assert await called.transfer_to(consulted) == status
        if status == 200:
            await called.wait_ended()
            await heard_by(calling, second)
        await calling.hang_up()
        await office.nothing_left() if status == 200 else await second.hang_up()


async def test_nobody_joins_calls_of_others(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(TWO_CALLS, tmp_path) as office:
        alice, bob, carol = await office.phone(), await office.phone("bob"), await office.phone("carol")
        mallory = await office.phone()
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        own = await office.call(mallory, "30", "mallory")
        third = await carol.next_call()
        third.answer()
        await own.wait_answered()
        assert await own.transfer_to(calling) == 603
        assert await own.transfer_to(own) == 603
        await heard_by(calling, called)
        await calling.hang_up()
        await own.hang_up()
