"""Calls that a flow places: what it is told of them, and what the called phone sees."""

from __future__ import annotations

import time

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.media import Prompt
from flowlang.backends.sip.outgoing_leg import _q850_of
from flowlang.model.commands import HangUp
from flowlang.model.events import CallAnswered, CallEnded, CallRefused, CallRinging
from flowlang.model.observations import LegAnswered, LegEnded, LegRang, SipMessageSeen
from flowlang.model.secrets import Secret
from flowlang.sip import Response, Trace

from .conftest import T1, Bench
from .host import say

TONE = Prompt.from_pcm16("tone", b"\x00\x40\x00\xc0" * 800)


class Seen:
    """What the phone was sent."""

    def __init__(self, bench: Bench) -> None:
        self.messages: list[Trace] = []
        bench.phone.on_message = self.messages.append

    def requests(self, method: str) -> list[str]:
        return [
            each.data.decode()
            for each in self.messages
            if each.inbound and each.data.startswith(method.encode())
        ]


async def test_it_rings_is_answered_and_hung_up_there(bench: Bench, clock: MockClock) -> None:
    bench.phone.take_calls()
    placed = bench.place()
    phone = await bench.phone.next_call()
    phone.ring()
    assert await placed.wait_for(CallRinging) == CallRinging(0)
    phone.answer()
    await placed.wait_for(CallAnswered)
    await phone.hang_up()
    await placed.wait_for(CallEnded)
    assert placed.seen == [CallRinging(0), CallAnswered(0), CallEnded(0, "normal")]
    assert (len(bench.host.of(LegRang)), len(bench.host.of(LegAnswered))) == (1, 1)
    (ended,) = bench.host.of(LegEnded)
    assert (ended.leg, ended.by, ended.cause, ended.status) == ("leg-0", "callee", "normal", 200)
    await bench.nothing_left()


async def test_headers_of_a_script_stand_in_the_invite(bench: Bench, clock: MockClock) -> None:
    bench.phone.take_calls()
    placed = bench.place(headers={"X-Room": "7", "Alert-Info": "<http://127.0.0.1/bell>;info=internal"})
    phone = await bench.phone.next_call()
    assert phone.incoming.request.headers["X-Room"] == ["7"]
    assert phone.incoming.request.get("Alert-Info") == "<http://127.0.0.1/bell>;info=internal"
    phone.reject(486)
    await placed.wait_for(CallRefused)
    await bench.nothing_left()


async def test_a_header_that_would_break_its_line_is_sent_to_nobody(bench: Bench, clock: MockClock) -> None:
    placed = bench.place(headers={"X-Room": "7\r\nX-Evil: 1"})
    assert (await placed.wait_for(CallRefused)).status == 0
    await bench.nothing_left()


async def test_we_hang_up(bench: Bench, clock: MockClock) -> None:
    bench.phone.take_calls()
    placed = bench.place()
    phone = await bench.phone.next_call()
    phone.answer()
    await placed.wait_for(CallAnswered)
    await placed.do(HangUp(0, 603))
    await phone.wait_ended()
    assert [(each.by, each.cause) for each in bench.host.of(LegEnded)] == [("us", "normal")]
    await bench.nothing_left()


@pytest.mark.parametrize("status", [486, 600, 603, 480, 404, 500])
async def test_a_refusal_is_told_with_its_status(bench: Bench, clock: MockClock, status: int) -> None:
    bench.phone.take_calls()
    placed = bench.place()
    phone = await bench.phone.next_call()
    phone.reject(status, (("Reason", 'SIP;cause=1, Q.850 ;cause=17;text="x"'),))
    refused = await placed.wait_for(CallRefused)
    assert (refused.status, refused.q850) == (status, 17)
    assert [each.call_id for each in bench.host.of(LegEnded)] == [phone.incoming.request.call_id]
    assert [(each.by, each.status) for each in bench.host.of(LegEnded)] == [("callee", status)]
    await bench.nothing_left()


@pytest.mark.parametrize(
    ("why", "reason"), [(603, None), (200, 'SIP;cause=200;text="Call completed elsewhere"')]
)
async def test_a_leg_given_up_is_cancelled_and_told_why(
    bench: Bench, clock: MockClock, why: int, reason: str | None
) -> None:
    bench.phone.take_calls()
    seen = Seen(bench)
    placed = bench.place()
    phone = await bench.phone.next_call()
    phone.ring()
    await placed.wait_for(CallRinging)
    await placed.do(HangUp(0, why))
    await phone.wait_ended()
    assert phone.cause == "cancelled"
    (cancel,) = seen.requests("CANCEL")
    assert ("Reason: " in cancel) == (reason is not None)
    assert reason is None or f"Reason: {reason}" in cancel
    assert [(each.by, each.cause, each.status) for each in bench.host.of(LegEnded)] == [
        ("us", "cancelled", 487)
    ]
    await bench.nothing_left()


@pytest.mark.parametrize(
    "reason",
    [
        "Q.850;" * 5200,
        "Q.850;cause" * 2900,
        ("Q.850;" + " " * 20) * 1200,
        'Q.850;x="',
        "Q.850;cause=128",
        "Q.850",
    ],
)
def test_a_reason_that_is_none_costs_nothing(reason: str) -> None:
    began = time.process_time()
    assert _q850_of(Response(486, "Busy Here", {"Reason": [reason, 'q.850 ;text="a,b";cause="17"']})) == 17
    assert time.process_time() - began < 0.05


async def test_silence_is_told_as_such(bench: Bench, clock: MockClock) -> None:
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
        await sock.bind(("127.0.0.1", 0))
        placed = bench.place(f"sip:nobody@127.0.0.1:{sock.getsockname()[1]}")
        began = trio.current_time()
        assert await placed.wait_for(CallRefused) == CallRefused(0, 0, "nothing came back")
        assert trio.current_time() - began == pytest.approx(64 * T1, abs=0.05)
    await bench.nothing_left()


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("+14155550100", "no trunk takes calls to +14155550100"),
        ("sip:bob@nowhere.example", "nowhere.example"),
        ("mailto:bob@example.net", "no SIP URI"),
        ("sip:bob@127.0.0.1?Route=x", "without headers"),
        ("sip:b b@127.0.0.1", "no address that can be called"),
        ("bob", "no phone is registered as sip:bob@flowlang"),
    ],
)
async def test_what_leads_nowhere_is_refused_with_the_reason(
    bench: Bench, clock: MockClock, to: str, why: str
) -> None:
    placed = bench.place(to)
    refused = await placed.wait_for(CallRefused)
    assert why in refused.reason
    (ended,) = bench.host.of(LegEnded)
    assert ended.by == ("network" if "nowhere" in to else "us")
    assert not bench.backend.left.legs


async def test_early_media_is_told_and_heard_by_nobody_yet(bench: Bench, clock: MockClock) -> None:
    bench.phone.take_calls()
    placed = bench.place()
    phone = await bench.phone.next_call()
    phone.ring()
    phone.early_media()
    await placed.until(lambda: len(placed.of(CallRinging)) == 2)
    assert placed.of(CallRinging) == [CallRinging(0), CallRinging(0, early=True)]
    phone.answer()
    await placed.wait_for(CallAnswered)


async def test_a_leg_that_is_up_can_be_spoken_to(bench: Bench, clock: MockClock) -> None:
    bench.phone.take_calls()
    placed = bench.place()
    phone = await bench.phone.next_call()
    phone.answer()
    await placed.wait_for(CallAnswered)
    placed.begin(say("a" * 20))
    sound = await phone.wait_prompt()
    assert sound.seconds == pytest.approx(1.0, abs=0.05)


async def test_who_calls_is_shown_as_the_script_says(bench: Bench, clock: MockClock) -> None:
    bench.phone.take_calls()
    bench.place(source="+14155550100", name='Al"ice\r\nX: y')
    phone = await bench.phone.next_call()
    assert phone.source == f"sip:+14155550100@127.0.0.1:{bench.port}"
    assert phone.name == 'Al"ice??X: y'


async def test_an_anonymous_caller_is_not_shown(bench: Bench, clock: MockClock) -> None:
    bench.phone.take_calls()
    seen = Seen(bench)
    bench.place(source="+14155550100", name="Alice", anonymous=True)
    phone = await bench.phone.next_call()
    assert (phone.source, phone.name) == ("sip:anonymous@anonymous.invalid", "Anonymous")
    (invite,) = seen.requests("INVITE")
    assert "Privacy: id\r\n" in invite
    assert "4155550100" not in invite
    assert "Alice" not in invite


@pytest.mark.parametrize(
    "source", ["desk <x>", "sip:a b@c", "tel:12;phone-context=x", "%0d%0aX: y", "é" * 100]
)
async def test_whatever_the_source_is_the_call_has_a_lawful_from(
    bench: Bench, clock: MockClock, source: str
) -> None:
    bench.phone.take_calls()
    bench.place(source=source)
    phone = await bench.phone.next_call()
    assert phone.source.startswith("sip:")


async def test_a_call_placed_for_a_caller_has_one_hop_less(bench: Bench, clock: MockClock) -> None:
    _, caller = await bench.answered()
    bench.phone.take_calls()
    bench.place(caller=caller.leg)
    phone = await bench.phone.next_call()
    assert phone.incoming.request.max_forwards == 69


async def test_a_chain_of_our_own_calls_ends(bench: Bench, clock: MockClock) -> None:
    """Each call that comes in is passed on to ourselves."""
    itself = f"sip:loop@127.0.0.1:{bench.port}"
    bench.place(itself)
    for count in range(1, 5):
        await bench.host.until_calls(count)
        bench.place(itself, caller=bench.host.calls[-1].leg)
    await bench.host.until_calls(5)
    refused = await bench.place(itself, caller=bench.host.calls[-1].leg).wait_for(CallRefused)
    assert refused == CallRefused(0, 483, "a chain of 5 calls of our own ends here")


async def test_a_secret_address_does_not_stand_in_the_ladder(bench: Bench, clock: MockClock) -> None:
    bench.phone.take_calls()
    host, port = bench.phone.endpoint.address[:2]
    placed = bench.place(Secret(f"sip:4711@{host}:{port}"))
    phone = await bench.phone.next_call()
    phone.answer()
    await placed.wait_for(CallAnswered)
    await phone.hang_up()
    await placed.wait_for(CallEnded)
    lines = [each.summary for each in bench.host.of(SipMessageSeen)]
    assert any(line.startswith("INVITE sip:•••@") for line in lines)
    assert not any("4711" in line for line in lines)
    await bench.nothing_left()
