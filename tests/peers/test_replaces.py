"""A phone that is sent to us to take a place (RFC 3891, RFC 5589 §7): linphonec follows a REFER of somebody
whom it talks to without us, and is connected in his place."""

from __future__ import annotations

from pathlib import Path

import trio

from flowlang.sip import Credentials
from flowlang.testing.softphone import open_softphone

from .office import open_office

STAYS = """
route call => stays
flow stays {
    on transferred as e { log "transferred by ${e.by} to ${e.to}" }
    on hangup as e { log "left ${e.cause}" }
    answer
    loop { play "prompt.wav" }
}
"""


async def test_a_phone_that_is_sent_takes_the_place_of_who_sent_it(sounds: Path) -> None:
    async with open_office(STAYS, sounds) as office:
        phone = await office.stack.enter_async_context(open_softphone(("127.0.0.1", 0)))
        carol = await office.linphone("carol")
        alice = await phone.call(
            f"sip:{office.own('20')}",
            caller="sip:alice@office.example",
            credentials=Credentials("alice", "alice"),
        )
        await alice.wait_answered()
        at_carol = office.source("carol").hostport
        consulting = await phone.call(f"sip:carol@{at_carol}", caller="sip:alice@office.example")
        await carol.until("Receiving new incoming call")
        await carol.do("answer")
        await consulting.wait_answered()
        with trio.fail_after(20):
            assert await consulting.transfer_to(alice) == 200
            await alice.wait_ended()
        await office.until_logged("transferred by caller to sip:carol@office.example")
        await carol.do("terminate")
        await office.until_over(2)
        assert office.logs[1:] == ["left normal"]
        assert sorted(each.cause for each in office.records) == ["normal", "transferred"]
