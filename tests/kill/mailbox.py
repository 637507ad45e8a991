"""A mail server that is never killed. It refuses a few of the mails for good: those an operator has sent
again by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import trio
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.backends.email import smtp_peer

from .ledger import Mark

REFUSED = 0.02  # how many of those that are refused at all
_SUBJECT = re.compile(rb"^Subject: (.*?)\r?$", re.MULTILINE)


class Mailbox(smtp_peer.Mailbox):
    """`subjects` counts what it took; `came` is told of each, in the trio that `token` is of."""

    def __init__(self, chance: Random, came: Callable[[Mark], None]) -> None:
        super().__init__()
        self.subjects: Counter[str] = Counter()
        self.refuses = True
        self.refused = 0
        self.token: trio.lowlevel.TrioToken
        self._chance = chance
        self._came = came

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """In the thread of the server."""
        content: Any = envelope.content
        found = _SUBJECT.search(content)
        assert found is not None, content
        subject = found[1].decode()
        if self.refuses and subject.startswith("paid") and self._chance.random() < REFUSED:
            self.refused += 1
            return "554 5.7.1 Not today"
        self.subjects[subject] += 1
        self.token.run_sync_soon(self._came, ("mail", subject))
        return "250 OK"
