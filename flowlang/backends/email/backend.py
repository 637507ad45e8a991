"""E-mail, out by SMTP and in by a listener of ours or from a mailbox.

What a machine wrote (RFC 3834) is marked as such, so that nobody answers it; what we write says that a
machine did.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import trio

from flowlang.backends.asking import Asking
from flowlang.backends.border import Finish, Host
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done, Failed, Result, failed
from flowlang.model.values import Outcome

from .chains import Chains
from .compose import ComposeError, Writer
from .incoming import Incomings, Receiver
from .sender import Sender
from .smtp_client import Ended


class EmailBackend:
    """`sender` brings out what `writer` writes; by `receivers` mails come in. `new_id` names what came."""

    name = "email"
    channels = frozenset({"email"})
    commands: frozenset[str] = frozenset()

    def __init__(
        self,
        writer: Writer | None = None,
        sender: Sender | None = None,
        receivers: Sequence[Receiver] = (),
        *,
        new_id: Callable[[], str] = lambda: f"email-{secrets.token_hex(6)}",
    ) -> None:
        self._writer = writer
        self._sender = sender
        self._receivers = tuple(receivers)
        self._new_id = new_id
        self._asking = Asking()
        self._chains = Chains()
        self._host: Host | None = None
        sends = writer is not None and sender is not None
        self.outlets = frozenset({"email"}) if sends else frozenset[str]()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        incomings = Incomings(host, self._chains, self._new_id)
        self._host = host
        async with trio.open_nursery() as nursery:
            where: list[str] = []
            if self._sender is not None and self._writer is not None:
                await nursery.start(self._sender.run)
                where.append(f"from {self._writer.sender.removeprefix('mailto:')}")
            where += [str(await nursery.start(each.run, incomings.take)) for each in self._receivers]
            self._asking.open(nursery)
            try:
                task_status.started(f"e-mail: {', '.join(where)}")
                await trio.sleep_forever()
            finally:
                self._asking.close()

    async def settle(self) -> None:
        """Returns when no mail is under way."""
        await self._asking.settle()

    def may_have_sent(self, key: str) -> bool:
        """See `border.Marking`."""
        return self._sender is not None and self._sender.may_have_sent(key)

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Sends a mail."""
        assert isinstance(command, SendMessage)
        return self._asking.send(command.key, finish, lambda: self._sent(command))

    async def _sent(self, command: SendMessage) -> Result:
        assert self._host is not None and self._writer is not None and self._sender is not None
        host = self._host
        chain = self._chains.of(command.reply_to)
        try:  # in a thread, for attachments are read and encoded
            mail = await trio.to_thread.run_sync(self._writer.compose, command, host.now(), chain)
        except ComposeError as error:
            fault = error.reason in ("address", "value")
            return Failed(error.reason, str(error)) if fault else failed(error.reason, str(error))
        except (ValueError, IndexError):  # the stdlib refused to build a header of it
            return Failed("value", "no mail can be made of this")
        return _result(mail.id, await self._sender.sent(mail, lambda: host.why_not(command)))


def _result(mail: str, ended: Ended) -> Result:
    match ended.how:
        case "sent":
            return Done(Outcome("sent", {"id": mail}))
        case "unknown":
            return Done(Outcome("unknown", {}))
        case _:
            return failed(ended.reason, ended.detail)
