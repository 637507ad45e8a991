"""Messages and requests that leave, and through which backend.

What goes out gives its sender the thread, where it is nobody's, and its id tells whose the reports on it are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flowlang.backends.border import Backend, Finish, Marking, Outlet, nothing
from flowlang.core.manners import Porter
from flowlang.core.threads import NOBODY, Threads
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome

from .portions import Begin, Portions

if TYPE_CHECKING:
    from .engine import Engine
    from .outbox import Told
    from .reporting import Reporting
    from .running import Running

_NEVER_LEFT = {"opted_out", "automatic", "too_many"}  # reasons of `Porter.why_not`


class Dispatch:
    """Of one engine."""

    def __init__(
        self,
        engine: Engine,
        threads: Threads,
        porter: Porter,
        reports: Reporting,
        backends: Iterable[Backend],
    ) -> None:
        self._engine = engine
        self._threads = threads
        self._porter = porter
        self._outlets: dict[str, Outlet] = {}
        for backend in backends:
            for outlet in outlets_of(backend):
                assert isinstance(backend, Outlet)
                self._outlets.setdefault(outlet, backend)  # the first that has it
        self._portions = Portions()
        self._reports = reports
        self._confirming: set[str] = set()  # keys of what tells that somebody has opted out or in

    def hold(self) -> None:
        """What is sent from now on waits: recovery goes on with what was under way before any backend
        runs."""
        self._portions.hold()

    def let_go(self) -> None:
        """The backends run."""
        self._portions.let_go()

    def send(self, activeflow: str, command: OutsideCommand, told: Told) -> Callable[[], None]:
        """Has the first backend with that outlet do it; returns how to cancel it."""
        finish, withdrawing = self._engine.outbox.watch(command, told)
        return withdrawing(self.send_kept(activeflow, command, finish))

    def send_kept(self, activeflow: str, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """The same of what the outbox keeps already."""
        if not self._portions.waits(command):
            return self.send_now(activeflow, command, finish)
        cancel: Callable[[], None] | None = nothing

        def begin(over: Callable[[], None]) -> None:
            nonlocal cancel
            if cancel is None:
                over()
                return

            def finish_this(result: Result) -> None:
                finish(result)
                over()

            given = self.send_now(activeflow, command, finish_this)

            def withdraw_this() -> None:
                given()
                over()

            cancel = withdraw_this

        def withdraw() -> None:
            nonlocal cancel
            given, cancel = cancel, None
            if given is not None:
                given()

        self._portions.add(command, begin)
        return withdraw

    def in_turn(self, command: OutsideCommand, begin: Begin) -> None:
        """Calls `begin` when it is the turn of one that waited for a start, or for somebody's word."""
        self._portions.add(command, begin)

    def why_not(self, command: SendMessage) -> str | None:
        """See `border.Host`: who opted out gets the confirmation, and nothing that waited."""
        if command.key in self._confirming or not self._porter.wants_none(command.to):
            return None
        return "opted_out"

    def send_now(self, activeflow: str, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """As `send_kept`, whatever waits."""
        backend = self._outlets.get(command.outlet)
        if backend is None:
            finish(Failed("no_backend", f"no backend here has the outlet `{command.outlet}`"))
            return nothing
        if not isinstance(command, SendMessage) or command.channel == "notify":
            return backend.send(command, finish)
        if activeflow == NOBODY:
            return self._confirm(backend, command, finish)
        running = self._engine.living(activeflow)
        began = running.flow.opening if running is not None else None
        why_not = self._porter.why_not(command, self._engine.now(), began)
        if why_not is not None and not (isinstance(backend, Marking) and backend.may_have_sent(command.key)):
            finish(Done(Outcome("failed", {"reason": why_not})))
            return nothing
        lives = self._engine.post.lives
        if lives(activeflow):  # else it is over, and what it wrote goes out all the same
            self._threads.sent(command, activeflow, self._written(command, running))

        def finish_named(result: Result) -> None:
            sender = activeflow if id_of(result) is not None and lives(activeflow) else NOBODY
            self._over(command, sender, result, finish)

        return backend.send(command, finish_named)

    def _written(self, command: SendMessage, running: Running | None) -> int:
        """When it was, as its activeflow has it: a replay knows no other time."""
        kept = self._engine.outbox.written(command.key)
        if kept is None:
            return running.flow.at if running is not None else self._engine.now()
        return kept

    def _confirm(self, backend: Outlet, command: SendMessage, finish: Finish) -> Callable[[], None]:
        """Tells somebody that he has opted out, or in; no thread begins with that."""
        self._confirming.add(command.key)

        def over(result: Result) -> None:
            self._confirming.discard(command.key)
            self._over(command, NOBODY, result, finish)

        return backend.send(command, over)

    def _over(self, command: SendMessage, sender: str, result: Result, finish: Finish) -> None:
        """It is known what became of one; whose it is before anybody is told so."""
        message = id_of(result)
        if message is None:
            finish(result)
            return
        reports = self._threads.named(message, command, sender)
        finish(result)
        self._reports.named(command.channel, message, reports)


def outlets_of(backend: Backend) -> frozenset[str]:
    """What a backend can do for any flow."""
    return frozenset(backend.outlets) if isinstance(backend, Outlet) else frozenset()


def never_left(result: Result | None) -> bool:
    """Whether a message was given to no backend, as its result tells: then nobody has a thread by it."""
    match result:
        case Failed(code="no_backend"):
            return True
        case Done(Outcome(name="failed", fields=fields)):
            return fields.get("reason") in _NEVER_LEFT
        case _:
            return False


def id_of(result: Result) -> str | None:
    """What delivery reports call the message that went out."""
    match result:
        case Done(Outcome(name="sent", fields=fields)):
            found = fields.get("id")
            return found if isinstance(found, str) else None
        case _:
            return None
