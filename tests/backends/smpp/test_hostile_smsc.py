"""SMSCs that break off or talk nonsense at each step: a message goes out once or it is known that nobody
knows, and no SMSC ends more than its connection."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from random import Random

import pytest
import trio
import trio.abc
import trio.testing

from flowlang.backends.smpp import Account, Patience, SmppBackend, Timers
from flowlang.backends.smpp import Smsc as Where
from flowlang.backends.smpp.pdu import Pdu, encode
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from tests.backends.host import TestHost
from tests.backends.smpp.smsc import Smsc, smsc_at_work


def header(length: int, command: int, status: int = 0, sequence: int = 1) -> bytes:
    return struct.pack(">IIII", length, command, status, sequence)


NONSENSE = {
    "breaks off": b"",
    "half a header": b"\0\0\0\x10\x80",
    "half a body": header(40, 0x80000009) + b"desk",
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "too short": header(4, 0x80000009),
    "too long": header(2**31, 0x80000009),
    "an unknown answer": header(16, 0x80000123) + header(16, 0x80000004, 0, 0x7FFFFFFF),
    "a wild body": header(30, 5) + b"\xff" * 14,
    "a refusal of nobody": header(16, 0x80000000, 3, 0),
    "a message before its time": encode(Pdu("deliver_sm", 1, 0, {"short_message": b"x" * 200})),
}
"""What it says; then it breaks off."""
STEPS = ("connect", "bind", "submit", "taken")


@dataclass
class Odd(Smsc):
    """One that is odd at a step, so many times, and a good one after that. At `taken` it has the message."""

    step: str = ""
    says: bytes = b""
    times: int = 1

    async def serve(self, stream: trio.abc.Stream) -> None:
        if await self._is_odd("connect", stream):
            await stream.aclose()
            return
        await super().serve(stream)

    async def _put(self, stream: trio.abc.Stream, pdu: Pdu) -> None:
        step = {"bind_transceiver_resp": "bind", "submit_sm_resp": "taken"}.get(pdu.command, "")
        if await self._is_odd(step, stream):
            raise trio.BrokenResourceError
        await super()._put(stream, pdu)

    async def _submit(self, stream: trio.abc.Stream, pdu: Pdu) -> bool:
        return not await self._is_odd("submit", stream) and await super()._submit(stream, pdu)

    async def _is_odd(self, step: str, stream: trio.abc.Stream) -> bool:
        if step != self.step or not self.times:
            return False
        self.times -= 1
        if self.says:
            await stream.send_all(self.says)
            await trio.testing.wait_all_tasks_blocked()  # so that it is read before the end is
        return True


async def sent(smsc: Smsc, host: TestHost, keys: int) -> list[str]:
    """How so many messages end, given out one after the other."""
    results: list[Result] = []
    async with smsc_at_work(smsc) as port, trio.open_nursery() as nursery:
        where = Where("127.0.0.1", port, Account("desk", "right"), timers=Timers(answer=2.0), again=0.005)
        patience = Patience(first=0.002, longest=0.01, give_up=20, doubt=0.05)
        backend = SmppBackend(where, "Clinic", patience=patience, chance=Random(1))
        await nursery.start(backend.run, host)
        with trio.fail_after(20):
            for number in range(keys):
                backend.send(SendMessage("sms", "sms:+14155550100", "Hi", f"af1/{number}"), results.append)
                await backend.settle()
        nursery.cancel_scope.cancel()
    return [each.value.name for each in results if isinstance(each, Done) and isinstance(each.value, Outcome)]


@pytest.mark.parametrize("says", NONSENSE)
@pytest.mark.parametrize("step", STEPS)
async def test_a_message_goes_out_once_or_nobody_knows(step: str, says: str) -> None:
    smsc, host = Odd(step=step, says=NONSENSE[says], receipts=False), TestHost()
    outcomes = await sent(smsc, host, 2)
    if step in ("submit", "taken"):
        assert outcomes == ["unknown", "sent"]
        assert len(smsc.taken) == (2 if step == "taken" else 1)
    else:
        assert outcomes == ["sent", "sent"]
        assert len(smsc.taken) == 2
    assert len(host.offered) == 0


async def test_noise_of_all_kinds_ends_its_connections_alone() -> None:
    chance = Random(11)
    host = TestHost()
    for _ in range(60):
        size = chance.randrange(16, 60)
        body = chance.randbytes(size - 16)
        command = chance.choice((5, 0x80000004, 0x80000009, 0x15, 6, 0x80000000, 0x103))
        says = header(size, command, chance.randrange(3), chance.randrange(1, 4)) + body
        smsc = Odd(step=chance.choice(STEPS), says=says, receipts=False)
        outcomes = await sent(smsc, host, 3)
        assert outcomes[2] == "sent"
        assert set(outcomes) <= {"sent", "unknown", "failed"}
        assert max(smsc.count.values()) <= 3


async def test_a_host_that_is_no_name_is_tried_again_like_any_that_is_not_there() -> None:
    for host in ("a..b", "x" * 80, "no\0name", "\ud800"):
        backend = SmppBackend(Where(host, 2775, Account("desk", "right"), again=0.001), "Clinic")
        with trio.move_on_after(0.05) as scope:
            await backend.run(TestHost())
        assert scope.cancelled_caught
