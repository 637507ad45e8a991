"""One activeflow under way: its inbox, and its commands as they go out."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from flowlang.backends.border import Leg, nothing
from flowlang.backends.leg_inbox import LegInbox
from flowlang.backends.legs import Legs
from flowlang.core import (
    ActionOver,
    Activeflow,
    Begin,
    Connect,
    Ending,
    HandedOff,
    Happened,
    Input,
    Launch,
    Note,
    Output,
    Over,
    Perform,
    TimePassed,
    Withdraw,
)
from flowlang.core.inputs import input_to_plain
from flowlang.core.journal import Journal, outcome_hash
from flowlang.core.outputs import ending_to_plain
from flowlang.model.commands import Answer, PlaceCall, RunHostAction
from flowlang.model.events import CALLER_LEG, CallEnded, Event, MessageReceived
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.results import Result

from .errors import EngineClosedError
from .keeping import Kept

if TYPE_CHECKING:
    from weakref import ref

    from .engine import Engine
    from .run import Run

_log = logging.getLogger("flowlang.engine")


class Running:
    """An activeflow with what connects it to the world. Backends see it as their `Inbox`, hosts through
    `Run`."""

    def __init__(self, engine: Engine, flow: Activeflow, journal: Journal, leg: Leg | None) -> None:
        self.flow = flow
        self.queued = False
        """It is in the run queue."""
        self.scheduled: int | None = None
        """The deadline for which it is in the timer heap."""
        self.ended = trio.Event()
        self.handle: ref[Run] | None = None
        """The host's, while it has one."""
        self._engine = engine
        self._journal = journal
        self._legs = Legs(self, leg, engine.place)
        self._inbox: deque[Input] = deque()
        self._taken: Input | None = None
        self._met: Input | None = None
        self._outputs: list[Output] = []
        self._withdraw: dict[int, Callable[[], None] | None] = {}

    # -- what others see

    @property
    def activeflow(self) -> str:
        """Its id."""
        return self.flow.id

    def result(self) -> Ending:
        """How it ended; only once it has. Raises `EngineClosedError` where the engine was left before."""
        ending = self.flow.ending
        if ending is None:
            raise EngineClosedError(f"the engine was left before the activeflow {self.activeflow} ended")
        return ending

    def abandon(self) -> None:
        """The engine is left: who waits for the end is told that there is none."""
        self.flow.drop()
        self.ended.set()

    def deliver(self, event: Event, kept: Kept | None = None) -> None:
        """Queues an event; `kept` is called when it is on disk, or of no use any more."""
        self.put(Happened(self._engine.now(), event), kept)

    def why_refused(self, to: str) -> str | None:
        """Why the policies let it not call this address."""
        return self.flow.rules.why_refused("dial", to)

    def has_room(self, leg: int) -> bool:
        """Whether another message, of its thread for `CALLER_LEG`, is sure to be kept, or asked for, and not
        lost."""
        messages = self.flow.messages
        waiting = sum(
            isinstance(each, Happened) and isinstance(each.event, MessageReceived)
            for each in (self._taken, *self._inbox)
        )
        asked = not waiting and leg == CALLER_LEG and bool(messages.asking)
        return asked or len(messages.kept) + waiting < self.flow.limits.kept_messages

    def put(self, given: Input, kept: Kept | None = None, *, lingers: bool = False) -> None:
        """Queues an input; after the end nothing happens. `lingers`: nobody waits until it is on disk."""
        if self.flow.ending is None:
            self._inbox.append(given)
            if kept is not None:
                self._engine.keeper.tell(given, kept)
            if lingers:
                self._engine.keeper.may_linger(given)
            if not self.queued:
                self._engine.queue(self)
        else:
            self._engine.keeper.drop((given,))  # what was to be written with it is not
            if kept is not None:
                kept(False)

    def borrow(self, inbox: LegInbox) -> None:
        """Its caller's leg is lent by another activeflow."""
        inbox.lend_to(self)
        self._legs.borrow(inbox)

    # -- parking

    @property
    def journal(self) -> Journal:
        """Where its entries are kept."""
        return self._journal

    @property
    def _watched(self) -> bool:
        return self.handle is not None and self.handle() is not None

    @property
    def can_be_parked(self) -> bool:
        """Whether the journal has all of it, and nobody here holds on to it."""
        flow = self.flow
        busy = self.queued or self.has_work or flow.ending is not None
        under_way = bool(self._withdraw) or len(flow.outbox) > 0  # also what waits for a commit
        return not (self._watched or busy or under_way or self.of_call or flow.placed_legs)

    @property
    def of_call(self) -> bool:
        """Whether a call began it."""
        return self.flow.opening.channel == "call"

    @property
    def may_end_late(self) -> bool:
        """Whether nobody waits for its end: a host, or who else writes in its thread."""
        return self.of_call and not self._watched

    # -- what the engine's pump does

    @property
    def has_work(self) -> bool:
        """Whether a turn would do anything."""
        return bool(self._inbox or self._taken) and self.flow.ending is None

    def turn(self) -> bool:
        """One slice: the next input, or more of the one under way; whether there is more to do. What comes of
        an input goes out when all of it is known and in the journal."""
        flow = self.flow
        taken = self._taken or self._next()
        try:
            if self._taken is None:
                self._taken = taken
                flow.told = self._engine.watched
                self._outputs = flow.feed(taken)
            else:
                self._outputs += flow.resume()
            if flow.busy:
                return True
            outcome = outcome_hash(self._outputs)
        except Exception as error:  # noqa: BLE001 (a mistake of ours costs this activeflow alone)
            _log.exception("activeflow %s failed", flow.id)
            self._outputs = flow.abort(f"flowlang itself failed: {type(error).__name__}: {error}")
            outcome = outcome_hash(self._outputs)
        self._taken = None
        outputs, self._outputs = self._outputs, []
        self._journal.append(input_to_plain(taken, secret=flow.secret_input), outcome)
        if flow.ending is not None and flow.ending.how != "handoff":
            self._journal.end(flow.at, ending_to_plain(flow.ending))
            if flow.messages.kept:  # before the commit: what they begin is in the same group
                self._engine.left_over(self)
            self._drop_inbox()
        keeper = self._engine.keeper
        if keeper.durable:
            keeper.hold(self, taken, outputs)
        else:
            keeper.took(self, taken)
            for output in outputs:
                self.carry_out(output)
        return bool(self._inbox)

    def _next(self) -> Input:
        """Out of the inbox; before one that came behind a deadline that nobody was told of yet, that time has
        passed. In one input the deadline would be met and its strands would not have run: what comes then
        would be for those who have stopped waiting for it. (Nobody stops waiting for the end of a call.)"""
        flow, given = self.flow, self._inbox[0]
        due = flow.next_deadline()
        if due is None or due > max(given.at, flow.at) or given is self._met or _bides(given):
            self._met = None
            return self._inbox.popleft()
        self._met = given  # once: what is set for now is for a later one
        return TimePassed(given.at)

    def give_out(self, command: SendMessage | HttpRequest) -> None:
        """It leaves, whatever becomes of this activeflow, as soon as all up to now is on disk."""
        self._engine.outbox.give_out(self.activeflow, command)

    def announce(self, command: Answer | PlaceCall) -> None:
        """It will answer a call, or place one, as soon as all up to now is on disk."""
        if isinstance(command, PlaceCall):
            self._engine.place.announce(self.activeflow, self.flow.opening.flow, command)
        else:
            self._legs.announce(command)

    def carry_out(self, output: Output) -> None:
        """Does one thing that came of an input, when that is in the journal."""
        match output:
            case Perform():
                self.perform(output)
            case Withdraw(action):
                withdraw = self._withdraw.pop(action, None)
                if withdraw is not None:
                    withdraw()
            case Note(observation):
                self._engine.tell(observation)
            case HandedOff(opening):
                opening = opening.has_written(self._engine.post.written(self.activeflow))
                self._journal.open(opening.to_plain(self.flow.secrets))
                self.flow = Activeflow(self.flow.script, opening, self.flow.limits, self.flow.actions)
                self._inbox.appendleft(Begin(opening.at))
                self._engine.queue(self)
            case Launch():
                self._engine.launch(output, self.flow.script)
            case Connect(number, opening):
                leg, inbox = self._legs.hand_out(number, lent=opening.lent)
                self._engine.connect(opening, self.flow.script, leg, inbox)
            case Over():
                self._over()

    def perform(self, output: Perform, asking: Result | None = None) -> None:
        """Begins a command. With `asking` it was under way at a crash, and the host is asked first; that is
        the result where it cannot tell."""
        number, command = output.action, output.command
        self._withdraw[number] = None
        of_leg = False

        def finish(result: Result, settle: Callable[[], None] = nothing) -> None:
            if self._withdraw.pop(number, _DONE) is _DONE:
                settle()
                return
            given = ActionOver(self._engine.now(), number, result)
            if settle is nothing:
                self.put(given, lingers=of_leg)
            else:  # on disk together, or at once where it is over before it takes that
                self._engine.keeper.within(given, settle)
                self.put(given, lambda _has: settle())

        if isinstance(command, RunHostAction):
            withdraw = self._engine.hosts.run(command, f"{self.activeflow}/{number}", finish, asking)
        elif isinstance(command, OutsideCommand):
            withdraw = self._engine.post.dispatch.send(self.activeflow, command, finish)
        else:
            of_leg = True  # a leg dies with the process: nothing is done again
            withdraw = self._engine.place.perform(self.activeflow, self._legs, command, finish)
        if number in self._withdraw:
            self._withdraw[number] = withdraw

    def _drop_inbox(self) -> None:
        """It takes no more; before the commit, so that what becomes of that is in the group of its end."""
        left = tuple(self._inbox)
        self._inbox.clear()
        self._engine.keeper.drop(left)

    def _over(self) -> None:
        self._withdraw.clear()
        self._legs.release()
        self._engine.forget(self)
        self.ended.set()


def _bides(given: Input) -> bool:
    """Whether all deadlines up to an input are met in itself."""
    return isinstance(given, TimePassed) or (
        isinstance(given, Happened) and isinstance(given.event, CallEnded)
    )


def _done() -> None:
    """Stands for a command that is not under way."""


_DONE = _done
