"""Many messages through an SMSC that throttles and breaks connections: `make sms-load` sends 10,000.

Each is delivered once and its receipts matched, or what became of it is told to be unknown; none goes twice.
For an SMSC whose receipts carry our reference what is in doubt may go again: then each is delivered once.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import trio

from flowlang.backends.smpp import Account, Patience, SmppBackend, Timers
from flowlang.backends.smpp import Smsc as Where
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from tests.backends.host import TestHost
from tests.backends.smpp.smsc import Smsc, smsc_at_work


@dataclass
class Tally:
    """What came of them. `names` of outcomes; `lost` and `twice` are texts."""

    names: Counter[str] = field(default_factory=Counter)
    undelivered: int = 0
    twice: int = 0
    unmatched: int = 0
    seconds: float = 0.0


async def load(count: int, smsc: Smsc, *, doubt: float = 2.0, resend: bool = False) -> Tally:
    """Sends so many at once and waits for all that comes of them."""
    tally, host = Tally(), TestHost()
    ids: dict[str, str] = {}
    left = count
    over = trio.Event()

    def finishing(text: str, result: Result) -> None:
        nonlocal left
        assert isinstance(result, Done)
        assert isinstance(result.value, Outcome)
        tally.names[result.value.name] += 1
        if result.value.name == "sent":
            ids[text] = str(result.value.fields["id"])
        left -= 1
        if not left:
            over.set()

    async with smsc_at_work(smsc) as port, trio.open_nursery() as nursery:
        where = Where("127.0.0.1", port, Account("desk", "right"), timers=Timers(window=10), again=0.01)
        patience = Patience(first=0.005, longest=0.05, doubt=doubt, resend=resend)
        made = SmppBackend(where, "+16062067563", patience=patience, chance=Random(5))
        await nursery.start(made.run, host)
        begun = time.perf_counter()
        for number in range(count):
            text = f"number {number}"
            command = SendMessage("sms", f"sms:+1415{number:07}", text, f"af{number}/1")
            made.send(command, lambda result, text=text: finishing(text, result))
        await over.wait()
        while smsc.queue:  # receipts that are not answered
            await smsc.answer_came.wait()
        tally.seconds = time.perf_counter() - begun
        nursery.cancel_scope.cancel()
    delivered = {message for message, status, _ in host.reports if status == "delivered"}
    tally.undelivered = sum(text.encode() not in smsc.count for text in ids)
    tally.twice = sum(each > 1 for each in smsc.count.values())
    tally.unmatched = len(set(ids.values()) - delivered)
    return tally


def main(count: int) -> int:
    """Prints two lines; 0 where all is as it should be."""
    logging.getLogger("flowlang.smpp").setLevel(logging.ERROR)
    return max(_run(count, resend=False), _run(count, resend=True))


def _run(count: int, *, resend: bool) -> int:
    smsc = Smsc(throttle=0.02, lose=0.01)
    tally = trio.run(lambda: load(count, smsc, resend=resend))
    print(
        f"{count} SMS in {tally.seconds:.1f} s, what is in doubt {'goes again' if resend else 'stays'}:",
        f"{dict(tally.names)}; throttled {smsc.throttled}, connections broken {smsc.broken},",
        f"twice {tally.twice}, sent and not delivered {tally.undelivered},",
        f"receipts not matched {tally.unmatched}",
    )
    return int(
        bool(
            tally.twice
            or tally.undelivered
            or tally.unmatched
            or tally.names["failed"]
            or (resend and tally.names["unknown"])
        )
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
