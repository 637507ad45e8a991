"""Three phones of one user that ring, answer, refuse and fall silent as chance has it, and a caller who may
leave: one outcome, one record a leg, and never a leg left open."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from flowlang.sip import Trace
from flowlang.sip.parse import parse_datagram
from flowlang.testing.softphone import PhoneCall, Softphone

from .office import Office, open_office

SCRIPT = """
route call => connect
flow connect {
    match dial("bob", timeout: 8s) {
        answered                              => log "answered"
        busy, no_answer, rejected, failed as f => log "refused ${f.status}"
        cancelled                             => log "cancelled"
    }
}
"""
DEEDS = ("answer", "ring", "answer", 486, 603, 480, "nothing", "early")


async def behave(phone: Softphone, chance: random.Random) -> None:
    """What somebody does with each call that comes."""
    while True:
        call = await phone.next_call()
        for deed in chance.choices(DEEDS, k=3):
            await trio.sleep(chance.uniform(0, 1))
            if call.ended or call.answered:
                break
            match deed:
                case "answer":
                    call.answer()
                case "ring":
                    call.ring()
                case "early":
                    call.early_media()
                case int(status):
                    call.reject(status)
                case _:
                    pass
        if call.answered and not call.ended and chance.random() < 0.5:
            await trio.sleep(chance.uniform(0, 2))
            if not call.ended:
                await call.hang_up()


async def leave(call: PhoneCall, after: float) -> None:
    await trio.sleep(after)
    if not call.ended:
        await call.hang_up()


@pytest.mark.parametrize("seed", range(16))
async def test_there_is_one_outcome_and_no_leg_is_left(tmp_path: Path, clock: MockClock, seed: int) -> None:
    chance = random.Random(seed)
    async with open_office(SCRIPT, tmp_path) as office:
        finals = await watched(office, chance)
        assert len(office.logs) == 1, office.logs
        assert sorted(each.direction for each in office.records) == ["in", "out"]
        assert all(count == 1 for count in finals.values()), "one final answer to each INVITE"


async def watched(office: Office, chance: random.Random) -> dict[tuple[str, str], int]:
    """One call with all that happens; how many final answers each INVITE had."""
    statuses: dict[tuple[str, str], set[bytes]] = {}

    def see(trace: Trace) -> None:
        if trace.inbound or not trace.data.startswith(b"SIP/2.0 "):
            return
        message = parse_datagram(trace.data)
        if message.cseq.method == "INVITE" and trace.data[8:9] != b"1":
            statuses.setdefault((message.call_id, str(message.cseq)), set()).add(trace.data[8:11])

    alice = await office.phone()
    phones = [await office.phone("bob") for _ in range(3)]
    async with office.nursery() as nursery:
        for phone in phones:
            phone.on_message = see
            nursery.start_soon(behave, phone, chance)
        call = await office.call(alice, "20")
        nursery.start_soon(leave, call, chance.choice([0.3, 1.5, 4, 20]))
        await call.wait_ended()
        await office.logged()
        await office.recorded(2)
        await office.nothing_left()
        nursery.cancel_scope.cancel()
    return {key: len(found) for key, found in statuses.items()}
