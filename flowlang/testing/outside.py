"""What lies beyond the callers in a test's world: those who get messages, the machines that answer requests,
and what is kept. All of it answers at once.

A message or request is *open* until an `expect` takes it. Of the statements on http the last that fits
counts; an address of which none speaks answers 404.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flowlang.backends.kept_values import KeptValues
from flowlang.compile.runtime.texts import shown
from flowlang.core.json_values import json_of
from flowlang.model.addresses import matches
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage, SqlQuery, SqlRun
from flowlang.model.results import Done, Result
from flowlang.model.secrets import shown_text
from flowlang.model.values import Outcome, Value

if TYPE_CHECKING:
    from flowlang.model.message_commands import MessageChannel

    from .parties.writer import Writer
    from .running import Running
    from .world import World

_NOT_FOUND = 404  # RFC 9110 §15.5.5


@dataclass(slots=True, eq=False)
class Given:
    """A message or request that went out. `place` is where it stands among the things seen."""

    command: SendMessage | HttpRequest
    place: int
    open: bool = True


@dataclass(frozen=True, slots=True)
class _Answer:
    pattern: str
    status: int
    text: str


@dataclass(frozen=True, slots=True)
class _Rows:
    connection: str
    part: str
    rows: tuple[Value, ...]


class Outside:
    """`given` is all that went out, oldest first."""

    def __init__(self, world: World) -> None:
        self.given: list[Given] = []
        self._world = world
        self._answers: list[_Answer] = []
        self._rows: list[_Rows] = []
        self._kept = KeptValues()
        self._messages = 0
        self._carrier_down_until = 0

    # -- what tests say

    def carrier_down(self, until: int) -> None:
        """Neither calls nor text messages get through."""
        self._carrier_down_until = until

    @property
    def carrier_is_down(self) -> bool:
        """Whether it is now."""
        return self._world.at < self._carrier_down_until

    def answer(self, pattern: str, status: int, value: Value) -> None:
        """From now on an address, in which `*` stands for anything, answers so: a text as it is, any other
        value as JSON."""
        text = value if isinstance(value, str) else json_of(value)
        self._answers.append(_Answer(pattern, status, text))

    def give_rows(self, connection: str, rows: tuple[Value, ...], part: str) -> None:
        """From now on queries there with `part` in their statement give these rows."""
        self._rows.append(_Rows(connection, part, rows))

    def take(self, fits: Callable[[SendMessage | HttpRequest], bool]) -> Given | None:
        """The oldest open one that fits, which is then no more open."""
        for each in self.given:
            if each.open and fits(each.command):
                each.open = False
                return each
        return None

    def open_of(self, outlet: str) -> tuple[Given, ...]:
        """Those of a channel, or of `http`, that no `expect` took."""
        return tuple(each for each in self.given if each.open and each.command.outlet == outlet)

    # -- what activeflows ask for

    def perform(self, command: OutsideCommand, sender: Running) -> Result:
        """Does it at once."""
        match command:
            case SendMessage():
                return Done(self._send(command, sender))
            case HttpRequest():
                return Done(self._request(command))
            case SqlQuery(connection=connection):
                rows = self._rows_of(command)
                self._world.note("world", f"gives {len(rows)} row{'s' * (len(rows) != 1)} of {connection}")
                return Done(rows)
            case SqlRun(connection=connection):
                self._world.note("world", f"changes a row of {connection}")
                return Done(1)
            case _:
                return self._kept.perform(command)

    def _rows_of(self, query: SqlQuery) -> tuple[Value, ...]:
        for each in self._rows[::-1]:
            if each.connection == query.connection and each.part in query.statement:
                return each.rows
        return ()

    def _send(self, command: SendMessage, sender: Running) -> Outcome:
        if command.channel == "sms" and self.carrier_is_down:
            self._world.note("carrier", f"loses the {shown_message(command)}")
            return Outcome("failed", {"reason": "carrier_down"})
        why_not = self._world.threads.why_not(command)
        if why_not is not None:
            self._world.note("world", f"keeps back the {shown_message(command)}: {why_not}")
            return Outcome("failed", {"reason": why_not})
        self._messages += 1
        given = Given(command, len(self._world.seen))
        self.given.append(given)
        message_id = f"message-{self._messages}"
        if not self._world.threads.sent(given, command, message_id, sender):
            self._world.note("world", f"gets the {shown_message(command)}")
        return Outcome("sent", {"id": message_id})

    def tell(self, writer: Writer, text: str) -> None:
        """A message of the operator's own, which no flow sends, reaches somebody who writes."""
        self._messages += 1
        channel = cast("MessageChannel", writer.channel)
        command = SendMessage(channel, writer.address, text, f"message-{self._messages}", writer.ours)
        given = Given(command, len(self._world.seen), open=False)
        self.given.append(given)
        writer.get(given, text)

    def _request(self, command: HttpRequest) -> Value:
        answer = next((each for each in self._answers[::-1] if _reaches(each.pattern, command.url)), None)
        status = answer.status if answer is not None else _NOT_FOUND
        self.given.append(Given(command, len(self._world.seen)))
        self._world.note("world", f"answers {command.method} {shown_text(command.url)} with {status}")
        return {"status": status, "text": answer.text if answer is not None else "", "headers": {}}


def fits_address(wanted: str, command: SendMessage) -> bool:
    """Whether a message went to an address that a test names, with or without its scheme."""
    return matches(wanted, command.to) or wanted.lower() == command.to.partition(":")[2].lower()


def fits_url(wanted: str, command: HttpRequest) -> bool:
    """Whether a request went to an address that a test names."""
    return _reaches(wanted, command.url)


def _reaches(pattern: str, url: str) -> bool:
    """`*` stands for anything; a pattern without `?` says nothing of what stands behind one."""
    pieces = pattern.split("*")
    target = url if "?" in pattern else url.partition("?")[0]
    if len(pieces) == 1:
        return target == pattern
    if not target.startswith(pieces[0]):
        return False
    at = len(pieces[0])
    for piece in pieces[1:-1]:
        found = target.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return target.endswith(pieces[-1]) and len(target) - len(pieces[-1]) >= at


def shown_message(command: SendMessage) -> str:
    """A message as the table shows it."""
    to = shown_text(command.to)
    to = to.partition(":")[2] or to
    text = shown_text(command.text)
    what = f"{shown_text(command.subject)}: {text}" if command.subject else text
    return f'{command.channel} to {to} "{shown(what)}"'
