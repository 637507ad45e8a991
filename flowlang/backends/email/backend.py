"""E-mail, out by SMTP and in by a listener of ours or from a mailbox.

A thread is what `In-Reply-To` and `References` say it is. What a machine wrote (RFC 3834) is offered like
any other mail, so that an alarm can start a flow, but no mail of ours answers it: two machines would write to
each other for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from flowlang.backends.border import Finish, Host
from flowlang.backends.once import Once
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome

from .compose import ComposeError, Writer
from .known import KnownMails
from .sender import Sender
from .smtp_client import Ended


class EmailBackend:
    """`sender` brings mails out, `None` where none go out."""

    name = "email"
    channels = frozenset({"email"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"email"})

    def __init__(self, writer: Writer, sender: Sender) -> None:
        self._writer = writer
        self._sender = sender
        self._once = Once()
        self._known = KnownMails()
        self._host: Host | None = None

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        self._host = host
        async with trio.open_nursery() as nursery:
            await nursery.start(self._sender.run)
            task_status.started(f"e-mail from {self._writer.sender}")

    async def settle(self) -> None:
        """Returns when no mail is under way."""
        await self._sender.settle()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Sends a mail."""
        assert isinstance(command, SendMessage) and self._host is not None
        return self._once.send(command.key, finish, lambda over: self._send(command, over))

    def _send(self, command: SendMessage, finish: Finish) -> Callable[[], None]:
        assert self._host is not None
        if command.reply_to is not None and self._known.is_automatic(command.reply_to):
            finish(_failed("automatic", "it would answer a mail that a machine wrote"))
            return _nothing
        try:
            mail = self._writer.compose(command, self._host.now(), self._known.chain(command.reply_to))
        except ComposeError as error:
            fault = error.reason in ("address", "value")
            finish(Failed(error.reason, str(error)) if fault else _failed(error.reason, str(error)))
            return _nothing
        except (ValueError, IndexError):  # the stdlib refused to build a header of it
            finish(Failed("value", "no mail can be made of this"))
            return _nothing
        return self._sender.send(mail, lambda ended: finish(_result(mail.id, ended)))


def _result(mail: str, ended: Ended) -> Result:
    match ended.how:
        case "sent":
            return Done(Outcome("sent", {"id": mail}))
        case "unknown":
            return Done(Outcome("unknown", {}))
        case _:
            return _failed(ended.reason, ended.detail)


def _failed(reason: str, detail: str) -> Result:
    return Done(Outcome("failed", {"reason": reason, "detail": detail}))


def _nothing() -> None:
    """Nothing is under way."""
