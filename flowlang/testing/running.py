"""One activeflow in a test's world: what the engine's `Running` is, without trio, journal and slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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
    Opening,
    Output,
    Over,
    Perform,
    StopAsked,
    TimePassed,
    Withdraw,
)
from flowlang.core.journal import run_input
from flowlang.model.action import THREADS
from flowlang.model.commands import RunHostAction
from flowlang.model.events import Event, MessageReceived, as_outcome
from flowlang.model.message_commands import OutsideCommand
from flowlang.model.results import Result

from .fakes import run_fake

if TYPE_CHECKING:
    from .world import Doing, World


class Running:
    """Legs see it as their `Inbox`."""

    def __init__(self, world: World, opening: Opening, leg: Leg | None) -> None:
        self._world = world
        self._legs = Legs(self, leg, world.place)
        self._flow = self._machine(opening)
        self._under_way: dict[int, Callable[[], None]] = {}
        self._deadline: int | None = None
        self._call_off: Callable[[], None] = nothing
        self._put(Begin(opening.at))

    def _machine(self, opening: Opening) -> Activeflow:
        world = self._world
        return Activeflow(world.script, opening, world.limits, dict(world.script.program.actions))

    @property
    def activeflow(self) -> str:
        """Its id."""
        return self._flow.id

    @property
    def flow(self) -> str:
        """The flow that it began with."""
        return self._flow.opening.flow

    @property
    def ending(self) -> Ending | None:
        """How it ended."""
        return self._flow.ending

    @property
    def opening(self) -> Opening:
        """What it began with."""
        return self._flow.opening

    @property
    def is_in_thread(self) -> bool:
        """Whether it began with somebody's message."""
        return self._flow.opening.channel in THREADS

    def stop(self) -> None:
        """Ends it as `stop` does."""
        self._put(StopAsked(self._world.at))

    def borrow(self, inbox: LegInbox) -> None:
        """Its caller's leg is lent by another activeflow."""
        inbox.lend_to(self)
        self._legs.borrow(inbox)

    def why_refused(self, to: str) -> str | None:
        """Everything is allowed."""
        return None

    def deliver(self, event: Event) -> None:
        """Queues an event; after the end nothing happens."""
        self._put(Happened(self._world.at, event), self._world.doing)

    def drop(self) -> None:
        """Lets go of it where it stands."""
        self._flow.drop()

    def _put(self, given: Input, doing: Doing | None = None) -> None:
        """One input after the other, each as a thing of its own that happens now; `doing` is what a party did
        that brings it."""
        self._world.plan(self._world.at, lambda: self._take(given, doing))

    def _take(self, given: Input, doing: Doing | None = None) -> None:
        if self._flow.ending is not None:
            if isinstance(given, Happened) and isinstance(given.event, MessageReceived):
                self._world.threads.left_over((as_outcome(given.event).fields,))
            return
        outputs = run_input(self._flow, given)
        if doing is not None and self._flow.secret_input:
            self._world.hide(doing)
        for output in outputs:
            self._carry_out(output)
        self._plan_deadline()

    def _plan_deadline(self) -> None:
        due = self._flow.next_deadline()
        if due == self._deadline:
            return
        self._call_off()
        self._deadline = due
        self._call_off = self._world.plan(due, self._wake) if due is not None else nothing

    def _wake(self) -> None:
        self._deadline = None
        self._call_off = nothing
        self._take(TimePassed(self._world.at))

    def _carry_out(self, output: Output) -> None:
        match output:
            case Perform():
                self._perform(output)
            case Withdraw(action):
                self._under_way.pop(action, nothing)()
            case Note(observation):
                self._world.observe(observation)
            case HandedOff(opening):
                self._flow = self._machine(opening)
                self._take(Begin(opening.at))
            case Launch():
                self._world.launch(output)
            case Connect(number, opening):
                self._world.connect(opening, *self._legs.hand_out(number, lent=opening.lent))
            case Over():
                self._under_way.clear()
                self._legs.release()
                self._world.threads.over(self.activeflow)
                self._world.threads.left_over([each.fields for each in self._flow.messages.kept])

    def _perform(self, output: Perform) -> None:
        number, command = output.action, output.command
        self._under_way[number] = nothing

        def finish(result: Result) -> None:
            if self._under_way.pop(number, None) is not None:
                self._put(ActionOver(self._world.at, number, result))

        failed = self._world.failing.take(command)
        if failed is not None:
            finish(failed)
        elif isinstance(command, RunHostAction):
            finish(run_fake(self._world, command))
        elif isinstance(command, OutsideCommand):
            finish(self._world.outside.perform(command, self))
        else:
            withdraw = self._legs.perform(command, finish)
            if number in self._under_way:
                self._under_way[number] = withdraw
