"""Message records: one for each message that came or went, whatever becomes of it.

That of a message out is in the group that has its input in the journal, that of one in in the group that has
it in its activeflow's. From then on only what is news is written, so that reports find it after a restart,
and after the end of the activeflow too. The text is in none.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from flowlang.backends.border import Incoming
from flowlang.model.action import THREADS
from flowlang.model.addresses import seen_as
from flowlang.model.gsm import message_count
from flowlang.model.message_commands import SendMessage
from flowlang.model.message_record import MessageRecord
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import MASK, shown_address, shown_text
from flowlang.model.values import Outcome, Value
from flowlang.store import Store
from flowlang.store.protocol import MessageStore
from flowlang.store.seen import seen_key

if TYPE_CHECKING:
    from .engine import Engine
    from .running import Running

_LONGEST = 256  # characters of an address, an id or a cause
_LATELY = 1_000
"""Reports that are remembered: of what went out so lately, its record may have no id yet."""
_LOST = "as many messages wait as are kept"


@dataclass(frozen=True, slots=True)
class _Reported:
    channel: str
    status: str
    at: int
    reason: str | None


class MessageRecords:
    """Of one engine. With a store in memory none are kept."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store if isinstance(store, MessageStore) else None
        self._lately: OrderedDict[str, list[_Reported]] = OrderedDict()

    # -- out

    def given_out(self, activeflow: str | None, command: SendMessage) -> None:
        """A message leaves."""
        if self._store is None:
            return
        running = self._engine.living(activeflow) if activeflow is not None else None
        opening = running.flow.opening if running is not None else None
        now = self._engine.now()
        self._store.keep_message(
            MessageRecord(
                command.key, now, "out", command.channel,
                _cut(shown_address(command.source)), _cut(shown_text(command.to)), activeflow,
                opening.flow if opening is not None else None,
                opening.route_line if opening is not None else None,
                _parts(command.channel, command.text),
                unknown=now if activeflow is None else None,  # until told: it is in no outbox
            )
        )  # fmt: skip

    def became(self, key: str, result: Result) -> None:
        """What its carrier says of one that left."""
        if self._store is None:
            return
        match result:
            case Failed(text=text):
                state, message, cause = "failed", None, str(text)
            case Done(Outcome(name="failed" | "unknown" as name, fields=fields)):
                told = filter(None, (text_of(fields.get("reason")), text_of(fields.get("detail"))))
                state, message, cause = name, None, ": ".join(told) or None
            case Done(Outcome(fields=fields)):
                state, message, cause = "sent", text_of(fields.get("id")), None
            case Done():
                state, message, cause = "sent", None, None
        message = _cut(message)
        self._store.settle_message(key, state, self._engine.now(), message, _cut(cause))
        for each in self._lately.pop(message or "", ()):  # which found no record of that id
            self._store.report_message(each.channel, message or "", each.status, each.at, each.reason)
        self._engine.keeper.wake()

    def again(self, key: str) -> None:
        """One that was given up is sent again."""
        if self._store is not None:
            self._store.reopen_message(key)

    def was_sent(self, channel: str, message: str) -> bool:
        """Whether one that went out is called so on disk."""
        return self._store is not None and self._store.archive.was_sent(channel, _cut(message))

    def reported(self, channel: str, message: str, status: str, reason: str | None) -> None:
        """What became of one that went out, as its carrier reports."""
        if self._store is not None and status in ("sent", "delivered", "read", "failed"):
            told = _Reported(channel, status, self._engine.now(), _cut(reason))
            message = _cut(message)
            self._store.report_message(channel, message, status, told.at, told.reason)
            lately = self._lately.setdefault(message, [])
            if not any((each.channel, each.status) == (channel, status) for each in lately):
                lately.append(told)
            if len(self._lately) > _LATELY:
                self._lately.popitem(last=False)
            self._engine.keeper.wake()

    # -- in

    def came(self, incoming: Incoming, running: Running, *, hidden: bool = False) -> None:
        """An activeflow has a message, or has lost it; `hidden` where it has its writer's address as a
        secret."""
        if self._store is None or incoming.channel not in THREADS:
            return
        opening, now = running.flow.opening, self._engine.now()
        lost = running.flow.lost_input
        self._store.keep_message(
            _incoming(
                incoming, now, running.activeflow, opening.flow, opening.route_line,
                hidden=hidden, failed=now if lost else None, cause=_LOST if lost else None,
            )
        )  # fmt: skip

    def refused(self, incoming: Incoming, why: str, *, hidden: bool = False) -> None:
        """Nobody gets it. Where it comes again and somebody does, this record is that one's."""
        if self._store is None or incoming.channel not in THREADS:
            return
        now = self._engine.now()
        self._store.keep_message(
            _incoming(incoming, now, None, None, None, hidden=hidden, failed=now, cause=why)
        )
        self._engine.keeper.wake()


def _incoming(
    incoming: Incoming,
    now: int,
    activeflow: str | None,
    flow: str | None,
    route_line: int | None,
    *,
    hidden: bool,
    failed: int | None,
    cause: str | None,
) -> MessageRecord:
    data = incoming.data if isinstance(incoming.data, dict) else {}
    message, text = text_of(data.get("id")), text_of(data.get("text")) or ""
    known = seen_as(incoming.to, message) if message is not None else None
    name = seen_key(incoming.channel, known).hex() if known is not None else incoming.id
    return MessageRecord(
        f"in-{name}", now, "in", incoming.channel, MASK if hidden else _cut(incoming.source),
        _cut(incoming.to), activeflow, flow, route_line, _parts(incoming.channel, text), _cut(message),
        delivered=now if failed is None else None, failed=failed, cause=_cut(cause),
    )  # fmt: skip


def _parts(channel: str, text: str) -> int:
    return message_count(text) if channel == "sms" else 1


def text_of(value: Value) -> str | None:
    """A text that it is, else none."""
    return value if isinstance(value, str) else None


@overload
def _cut(text: str) -> str: ...
@overload
def _cut(text: str | None) -> str | None: ...
def _cut(text: str | None) -> str | None:
    """Short, and such as a table takes: no half of a surrogate pair."""
    return None if text is None else text[:_LONGEST].encode("utf-8", "replace").decode()
