"""Mails that came in, offered to the engine: once each, reports as events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, Protocol

import trio

from flowlang.backends.border import Host, Incoming
from flowlang.model.values import Value

from .chains import Chains
from .message_ids import id_of_key, is_of_ours
from .reading import read_mail
from .reports import reports_in

_MOST_ANSWERS = 20
_LARGE = 8_000
"""Bytes of a mail that takes longer than a millisecond or two to read."""


class Verdict(Enum):
    """What became of a mail: `LATER` means that it may come again."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"
    BROKEN = "broken"


Take = Callable[[bytes, str, Sequence[str]], Awaitable[Verdict]]
"""Takes a mail: its bytes, the sender of its envelope (`<>` for none, empty where nobody knows), and to whom
of us it came, as `mailto:` addresses. Returns when it is on disk."""


class Receiver(Protocol):
    """A way in for mails."""

    async def run(self, take: Take, *, task_status: Any) -> None:
        """Works until cancelled; tells by `started` where it listens. Raises `BackendError`."""
        ...


class Incomings:
    """`new_id` names what came."""

    def __init__(self, host: Host, chains: Chains, new_id: Callable[[], str]) -> None:
        self._host = host
        self._chains = chains
        self._new_id = new_id

    async def take(self, data: bytes, sender: str, ours: Sequence[str]) -> Verdict:
        """As `Take` says. A mail to several of us is the first one's who takes it."""
        if len(data) > _LARGE:
            mail = await trio.to_thread.run_sync(read_mail, data, sender)
        else:
            mail = read_mail(data, sender)
        if mail is None:
            return Verdict.BROKEN
        reports = reports_in(mail.message)
        if reports is not None:
            for each in reports:
                if is_of_ours(each.message):
                    written = trio.Event()
                    if self._host.report(each.message, each.status, each.reason, written.set) is not None:
                        return Verdict.LATER
                    await written.wait()
            return Verdict.TAKEN
        message_id = mail.id or id_of_key(repr(data), "no-id.invalid")
        fields: dict[str, Value] = {"text": mail.text, "subject": mail.subject, "id": message_id}
        if mail.source is None:
            nobody = Incoming("email", ours[0], f"mailto:{sender}", self._new_id(), data=fields)
            self._host.refused(nobody, "`From` has no address")
            return Verdict.BROKEN
        self._chains.add(message_id, mail.references)
        answers = tuple(dict.fromkeys((*((mail.parent,) if mail.parent else ()), *mail.references[::-1])))
        verdict = Verdict.REFUSED
        for to in ours:
            incoming = Incoming(
                "email", to, mail.source, self._new_id(), mail.name, data=fields, automatic=mail.automatic,
                answers=answers[:_MOST_ANSWERS], reply_to=mail.reply_to,
            )  # fmt: skip
            kept = trio.Event()
            refused = self._host.receive(incoming, kept.set)
            if refused is None:
                await kept.wait()
                return Verdict.TAKEN
            if refused.may_come_again:
                verdict = Verdict.LATER
        return verdict
