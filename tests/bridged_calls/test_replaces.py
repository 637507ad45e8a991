"""Replaces (RFC 3891), both ways: a phone calls us to take a place, and we call to take one elsewhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from trio.testing import MockClock

from flowlang.testing.softphone import CalledCall, PhoneCall, Softphone

from .office import LOW, Office, open_office

CONNECT = """
route call => connect
flow connect {
    on transferred as e { log "transferred by ${e.by} to ${e.to}" }
    on hangup as e { log "left ${e.cause}" }
    match dial("bob") { answered as a => log "over ${a.cause}"; _ => log "no" }
}
"""


async def ringing(office: Office, bob: Softphone | None = None) -> tuple[PhoneCall, CalledCall]:
    """Alice calls, and it rings at Bob's."""
    alice, bob = await office.phone(), bob or await office.phone("bob")
    calling = await office.call(alice, "20")
    called = await bob.next_call()
    called.ring()
    await calling.wait_ringing()
    return calling, called


async def connected(office: Office, bob: Softphone | None = None) -> tuple[PhoneCall, CalledCall]:
    calling, called = await ringing(office, bob)
    called.answer()
    await calling.wait_answered()
    return calling, called


CAROL = "sip:carol@away.example"


async def take_place(office: Office, replaces: str, source: str = CAROL) -> PhoneCall:
    carol = await office.phone()
    return await carol.call(
        f"sip:20@{office.address.hostport}",
        caller=source,
        headers=(("Replaces", replaces),),
    )


async def heard_by(speaker: PhoneCall, hearer: PhoneCall) -> None:
    speaker.speak(LOW, loop=True)
    assert (await hearer.wait_sound()).level > 1000


async def test_who_calls_with_replaces_is_connected_in_the_place_of_the_agent(
    tmp_path: Path, clock: MockClock
) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called = await connected(office)
        carol = await take_place(office, called.replaces)
        await carol.wait_answered()
        await called.wait_ended()
        assert await office.logged() == ["transferred by agent to sip:carol@away.example"]
        await heard_by(calling, carol)
        await heard_by(carol, calling)
        (moved,) = await office.recorded(1)
        assert (moved.direction, moved.to, moved.cause) == ("out", "bob", "transferred")
        assert moved.transferred_to == CAROL
        await carol.hang_up()
        await calling.wait_ended()
        assert office.logs[1:] == ["over normal"]
        carols = next(each for each in await office.recorded(3) if each.source == CAROL)
        assert (carols.direction, carols.cause, carols.flow) == ("in", "normal", "connect")
        assert carols.answered is not None
        assert carols.activeflow == moved.activeflow
        await office.nothing_left()


async def test_and_in_the_place_of_the_caller(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called = await connected(office)
        carol = await take_place(office, calling.replaces)
        await carol.wait_answered()
        await calling.wait_ended()
        assert await office.logged() == ["transferred by caller to sip:carol@away.example"]
        await heard_by(called, carol)
        await carol.hang_up()
        await called.wait_ended()
        assert sorted(office.logs[1:]) == ["left normal", "over normal"]
        await office.nothing_left()


async def test_a_caller_who_talks_to_a_script_gives_his_place_too(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => wait_for_key
    flow wait_for_key {
        answer
        on transferred as e { log "transferred to ${e.to}" }
        let key = wait for dtmf
        log key.digit
        say "Thank you."
    }
    """
    async with open_office(script, tmp_path) as office:
        alice = await office.phone()
        calling = await office.call(alice, "20")
        await calling.wait_answered()
        carol = await take_place(office, calling.replaces)
        await carol.wait_answered()
        await calling.wait_ended()
        carol.press("7")
        await carol.wait_prompt()
        await carol.wait_ended()
        assert office.logs == ["transferred to sip:carol@away.example", "7"]
        await office.nothing_left()


async def test_a_call_that_rings_is_picked_up(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called = await ringing(office)
        carol = await take_place(office, called.replaces)
        await carol.wait_answered()
        await called.wait_ended()
        await calling.wait_answered()
        assert any(each.summary.startswith("CANCEL") for each in office.messages)
        await heard_by(calling, carol)
        await heard_by(carol, calling)
        assert await office.logged() == ["transferred by agent to sip:carol@away.example"]
        await calling.hang_up()
        await carol.wait_ended()
        cancelled = next(each for each in await office.recorded(3) if each.to == "bob")
        assert (cancelled.cause, cancelled.status, cancelled.answered) == ("cancelled", 487, None)
        await office.nothing_left()


@pytest.mark.parametrize("rings", [True, False])
async def test_the_policy_of_the_flow_says_who_may(tmp_path: Path, clock: MockClock, rings: bool) -> None:
    async with open_office(CONNECT, tmp_path, allow='"bob"') as office:
        calling, called = await (ringing if rings else connected)(office)
        mallory = await take_place(office, called.replaces, "sip:mallory@away.example")
        await mallory.wait_ended()
        assert mallory.status == 403
        if rings:
            called.answer()
            await calling.wait_answered()
        await heard_by(calling, called)
        await calling.hang_up()
        await called.wait_ended()
        refused = next(each for each in await office.recorded(3) if "mallory" in each.source)
        assert (refused.status, refused.flow) == (403, None)
        await office.nothing_left()


async def test_nobody_passes_for_an_account_of_ours(tmp_path: Path, clock: MockClock) -> None:
    """Whoever calls at an open listener says what he likes."""
    async with open_office(CONNECT, tmp_path, allow='"sip:*@office.example", "bob"') as office:
        calling, called = await connected(office)
        mallory = await take_place(office, called.replaces, "sip:carol@office.example")
        await mallory.wait_ended()
        assert mallory.status == 403
        await calling.hang_up()
        await office.nothing_left()


@pytest.mark.parametrize(("change", "status"), [("to-tag=", 481), ("from-tag=", 481), ("early", 486)])
async def test_who_does_not_know_the_dialog_gets_no_place(
    tmp_path: Path, clock: MockClock, change: str, status: int
) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called = await connected(office)
        wrong = (
            f"{called.replaces};early-only"
            if change == "early"
            else called.replaces.replace(change, f"{change}x")
        )
        mallory = await take_place(office, wrong)
        await mallory.wait_ended()
        assert mallory.status == status
        await heard_by(calling, called)
        await calling.hang_up()
        await office.nothing_left()


async def test_who_takes_a_place_and_never_acknowledges_loses_it(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called = await connected(office)
        carol = await take_place(office, called.replaces)
        await carol.wait_answered()
        await called.wait_ended()
        await calling.hang_up()
        await carol.wait_ended()
        await office.nothing_left()


async def test_we_call_with_replaces_where_the_other_call_is_somebody_elses(
    tmp_path: Path, clock: MockClock
) -> None:
    """Bob talks to Dave by himself, and joins Alice with him (RFC 5589 §7.3)."""
    async with open_office(CONNECT, tmp_path) as office:
        bob = await office.phone("bob")
        calling, called = await connected(office, bob)
        dave = await office.phone()
        dave.take_calls()
        at_dave = dave.endpoint.address.hostport
        consulting = await bob.call(f"sip:dave@{at_dave}", caller="sip:bob@office.example")
        (await dave.next_call()).answer()
        await consulting.wait_answered()
        statuses: list[int] = []
        target = f"sip:dave@{at_dave}?Replaces={quote(consulting.replaces, safe='')}"

        async def transfer() -> None:
            statuses.append(await called.transfer(target))

        async with office.nursery() as nursery:
            nursery.start_soon(transfer)
            joined = await dave.next_call()
            assert joined.incoming.request.get("Replaces") == consulting.replaces
            assert "replaces" in (joined.incoming.request.get("Supported") or "")
            joined.answer()
        assert statuses == [200]
        await called.wait_ended()
        await heard_by(calling, joined)
        await calling.hang_up()
        await office.nothing_left()


async def test_the_policy_binds_calls_with_replaces_too(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(CONNECT, tmp_path, allow='"bob"') as office:
        calling, called = await connected(office)
        assert await called.transfer("sip:dave@192.0.2.7?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc") == 403
        await heard_by(calling, called)
        await calling.hang_up()
        await office.nothing_left()


async def test_nothing_breaks_out_of_a_replaces(tmp_path: Path, clock: MockClock) -> None:
    async with open_office(CONNECT, tmp_path) as office:
        calling, called = await connected(office)
        target = "sip:dave@192.0.2.7?Replaces=a%0D%0AVia%3A%20x%3Bto-tag%3Db%3Bfrom-tag%3Dc"
        assert await called.transfer(target) == 400
        await calling.hang_up()
        await office.nothing_left()
