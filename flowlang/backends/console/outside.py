"""What lies beyond the phone in this terminal: messages are shown and go nowhere, requests are not answered,
values are kept while it runs, and who is called is a stand-in that answers and leaves again."""

from __future__ import annotations

from collections.abc import Callable

import trio

from flowlang.backends.kept_values import KeptValues
from flowlang.backends.live_leg import LiveCallee
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage, SqlQuery, SqlRun
from flowlang.model.results import Done, Result
from flowlang.model.secrets import shown_text
from flowlang.model.values import Outcome

_RINGS = 2.0  # seconds: long enough to be seen
_STAYS = 5.0


class Beyond:
    """`write` shows a line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._kept = KeptValues()

    def perform(self, command: OutsideCommand) -> Result:
        """Does it at once."""
        match command:
            case SendMessage():
                subject = f"{shown_text(command.subject)}: " if command.subject else ""
                text = f"{subject}{shown_text(command.text)}"
                self._write(f"→ {command.channel} to {shown_text(command.to)}: {text}")
                return Done(Outcome("sent", {"id": command.key}))
            case HttpRequest():
                self._write(f"→ {command.method} {shown_text(command.url)} (not sent: this is a terminal)")
                return Done({"reason": "no request leaves this terminal"})
            case SqlQuery() | SqlRun():
                self._write(f"→ {command.connection}: {command.statement} (not run: this is a terminal)")
                return Done(() if isinstance(command, SqlQuery) else 0)
            case _:
                return self._kept.perform(command)

    async def stand_in(self, leg: LiveCallee) -> None:
        """Rings, answers, and leaves after a while."""
        to = leg.outgoing.to
        leg.ring()
        self._write(f"→ {to} rings")
        await trio.sleep(_RINGS)
        if leg.over:
            self._write(f"→ {to} is no longer called")
            return
        leg.answer()
        self._write(f"→ {to} answers, and will leave in {_STAYS:g} s")
        await trio.sleep(_STAYS)
        if not leg.over:
            leg.hang_up()
            self._write(f"→ {to} hangs up")
