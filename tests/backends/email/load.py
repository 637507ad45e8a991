"""Many mails through a server that is busy now and then and breaks connections: `make mail-load` sends 1,000.

Each arrives once, or what became of it is told to be unknown.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import trio
from aiosmtpd.smtp import SMTP, Envelope, Session

from flowlang.backends.email import EmailBackend, Patience, Sender, Server, Writer
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from tests.backends.email.smtp_peer import Mailbox, smtp_server
from tests.backends.host import TestHost


@dataclass
class Moody(Mailbox):
    """`busy` and `breaks` are chances of each mail; what is broken was taken half of the time."""

    chance: Random = field(default_factory=lambda: Random(11))
    busy: float = 0.02
    breaks: float = 0.01
    times_busy: int = 0
    times_broken: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.chance.random() < self.busy:
            self.times_busy += 1
            return "451 4.3.0 Busy"
        if self.chance.random() < self.breaks:
            self.times_broken += 1
            if self.chance.random() < 0.5:
                self.envelopes.append(envelope)
            server.transport.abort()
            return "250 OK"
        self.envelopes.append(envelope)
        return "250 OK"


@dataclass
class Tally:
    """What came of them."""

    names: Counter[str] = field(default_factory=Counter)
    twice: int = 0
    lost: int = 0
    seconds: float = 0.0


async def load(count: int, mailbox: Moody) -> Tally:
    """Sends so many at once and waits for all."""
    tally = Tally()
    sent: set[str] = set()
    with smtp_server(mailbox) as port:
        sender = Sender(Server("127.0.0.1", port, "none"), patience=Patience(0.01, 0.05), chance=Random(3))
        backend = EmailBackend(Writer("mailto:desk@clinic.example"), sender)
        begun = time.perf_counter()

        def finish(result: Result) -> None:
            assert isinstance(result, Done)
            assert isinstance(result.value, Outcome)
            tally.names[result.value.name] += 1
            if result.value.name == "sent":
                sent.add(f"<{result.value.fields['id']}>")

        async with trio.open_nursery() as nursery:
            await nursery.start(backend.run, TestHost())
            for number in range(count):
                text = f"number {number}"
                command = SendMessage(
                    "email", f"mailto:ann{number}@home.example", text, f"af{number}/1", subject="Hi"
                )
                backend.send(command, finish)
            await backend.settle()
            nursery.cancel_scope.cancel()
        tally.seconds = time.perf_counter() - begun
    came = Counter(str(each["Message-ID"]) for each in mailbox.mails)
    tally.twice = sum(many > 1 for many in came.values())
    tally.lost = len(sent - set(came))
    return tally


def main(count: int) -> int:
    """Prints a line; 0 where all is as it should be."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    mailbox = Moody()
    tally = trio.run(lambda: load(count, mailbox))
    print(
        f"{count} mails in {tally.seconds:.1f} s: {dict(tally.names)}; busy {mailbox.times_busy},",
        f"connections broken {mailbox.times_broken}, twice {tally.twice}, sent and not there {tally.lost}",
    )
    return int(bool(tally.twice or tally.lost or tally.names["failed"] or tally.names.total() != count))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
