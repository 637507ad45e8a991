"""The activeflow: a running script, as a deterministic machine without I/O.

It is fed one input at a time and gives back commands. It knows no clock (`at` comes with each input), no
random source but a seed, no socket, no thread. Equal scripts with equal inputs give equal outputs, always.

`feed` may be cut into slices so that a script that spins does not hold up others: while `busy`, call
`resume`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import getcontext, setcontext
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from flowlang.compile.names import variable
from flowlang.compile.runtime.decimals import DECIMALS, run
from flowlang.compile.runtime.faults import Fault, script_line
from flowlang.compile.runtime.weights import check_weight
from flowlang.model.actions import CONVERSATIONS, Action
from flowlang.model.causes import REFUSAL_OF_ENDING
from flowlang.model.commands import GiveBack, HangUp
from flowlang.model.events import CALLER_LEG
from flowlang.model.observations import FlowEnded, FlowStarted, Logged, Observation
from flowlang.model.places import file_of
from flowlang.model.secrets import MASK, marked, shown_address, unmarked
from flowlang.model.values import Outcome, Value

from .blocks import Block, On, without
from .events import Events
from .exits import Exit, ExitKind, Killed, Unwind
from .inputs import ActionOver, Begin, Happened, Input, StopAsked
from .lasting import set_outermost_deadlines
from .limits import Limits
from .listeners import Listeners
from .meter import Meter
from .opening import Inherited
from .outbox import Outbox
from .outputs import Ending, HandedOff, Note, Output, Over, Perform
from .parts import Parts
from .strand import Strand
from .timers import Timers

if TYPE_CHECKING:
    from flowlang.compile import Script

    from .actions.stage import Answering
    from .opening import Opening

_NO_FAREWELL = Outcome("hangup", {"cause": None})


class Activeflow(Parts):
    """One running script. `script` is what was compiled, `opening` what it began with."""

    __slots__ = (
        "__weakref__", "_else_taken", "_inputs", "_main", "lost_input",
        "_next_child", "_next_strand", "_ready", "_sliced", "actions",
        "answered", "answering", "at", "began", "busy", "caller_gone", "current", "ending", "events",
        "farewell", "has_caller", "id", "listeners", "meter", "outbox",
        "recording", "secret_input", "strands", "timers", "told",
    )  # fmt: skip

    def __init__(self, script: Script, opening: Opening, limits: Limits, actions: dict[str, Action]) -> None:
        super().__init__(script, opening, limits)
        self.actions = actions
        self.id = opening.activeflow
        self.at = opening.at
        given = opening.inherited or Inherited(opening.at)
        self.began = given.began
        self.timers = Timers()
        self.listeners = Listeners()
        self.events = Events(self, given.signals)
        self.answered = given.answered
        self.answering: Answering | None = None
        self.has_caller = opening.channel in CONVERSATIONS
        self.caller_gone = given.farewell is not None
        self.farewell = given.farewell or _NO_FAREWELL
        self.ending: Ending | None = None
        self.busy = False
        self.secret_input = False
        """Whether the input under way brought a secret."""
        self.lost_input = False
        """Whether the last event that came was lost, for too many wait already."""
        self.told = True
        """Whether anybody watches; else no notes are made."""
        self.current: Strand | None = None
        self.meter = Meter(limits)
        self.strands: tuple[Strand, ...] = ()
        """All that are not over, oldest first."""
        self._ready: list[tuple[int, Strand]] = []
        self._sliced: Strand | None = None
        self._next_strand = 0
        self.outbox = Outbox(given.next_action)
        self._next_child = given.next_child
        self._inputs = 0
        self._main: Strand | None = None
        self._else_taken = given.else_taken
        self.recording = given.recording
        """The file into which the call is recorded."""

    # -- the machine

    def feed(self, given: Input) -> list[Output]:
        """Takes one input and works until every strand waits, or the slice is used up (then it is `busy`)."""
        assert not self.busy and self.ending is None
        before = getcontext()
        if before is DECIMALS:  # many are fed one after the other
            return self._feed(given)
        setcontext(DECIMALS)
        try:
            return self._feed(given)
        finally:
            setcontext(before)

    def _feed(self, given: Input) -> list[Output]:
        at = given.at
        if at > self.at:  # a clock that was set back does not undo what was
            self.at = at
        self.meter.begin()
        self.secret_input = False
        self._inputs = inputs = self._inputs + 1
        if self.timers.any_due(self.at) and type(given) is not Begin:
            for timer in self.timers.take_due(self.at):
                timer.fire()
        try:
            if type(given) is Happened:
                self.lost_input = not self.events.deliver(given.event)
            elif type(given) is ActionOver:
                if given.action in self.outbox.secret:
                    self.secret_input = True
                self.outbox.deliver(given.action, given.result)
            elif type(given) is Begin:
                self._begin(self.opening.flow, self.opening.arguments)
            elif type(given) is StopAsked:
                self.stop()
        except Killed as killed:
            self._kill(killed)
        if inputs >= self.limits.history * 4 // 5 and self.ending is None:
            self._check_history()
        if self._ready or self._conditions is not None:
            return self._work()
        return self.outbox.take()

    def resume(self) -> list[Output]:
        """Goes on where a slice ended, and gives what came out since."""
        return run(self._work)

    def _work(self) -> list[Output]:
        self.busy = False
        try:
            while self._run_ready() and not self.busy:
                if self._conditions is None or not self._conditions.wake_those_that_hold():
                    break
        except Killed as killed:
            self._kill(killed)
        return self.outbox.take()

    def _kill(self, killed: Killed) -> None:
        text = "the script used its budget up again and again"
        self._end(Ending("fault", code="budget", text=text, line=script_line(killed)))

    @property
    def inputs(self) -> int:
        """How many it has taken."""
        return self._inputs

    def next_deadline(self) -> int | None:
        """When to feed `TimePassed`, if nothing else comes before."""
        return self.timers.next_due() if self.ending is None else None

    def abort(self, text: str) -> list[Output]:
        """Ends it where it stands, with the fault `internal`: no script runs any more."""
        self.busy = False
        if self.ending is None:
            self._end(Ending("fault", code="internal", text=text, line=self._line()))
        return self.outbox.take()

    def drop(self) -> None:
        """Lets go of all coroutines. No script runs; the journal has everything."""
        for strand in reversed(self.strands):
            if strand.coroutine is not None:
                strand.coroutine.close()
        self.strands = ()
        self._ready.clear()
        self._sliced = None
        if self._main is not None:  # what holds each other would be left to the garbage collector
            self._main.drop()
            self._main = None
            self.events.drop()

    def _run_ready(self) -> bool:
        """Runs the oldest ready strand until it waits, and so on. False when the activeflow ended."""
        while (self._ready or self._sliced is not None) and not self.busy:
            strand = self._sliced or heappop(self._ready)[1]
            self._sliced = None
            if strand.over:
                continue
            self.current = strand
            try:
                strand.step()
            except StopIteration as stop:
                self._strand_over(strand, stop.value, None)
            except (Unwind, Exception) as error:  # noqa: BLE001 - whatever it is, it is a fault in the script
                self._strand_over(strand, None, strand.ended_by(error))
            finally:
                self.current = None
        return self.ending is None

    @property
    def rests(self) -> bool:
        """Whether a strand that began now would run at once, before any other."""
        limits = self.limits
        return not self._ready and len(self.strands) < limits.strands and self._inputs < limits.history

    def end_slice(self, strand: Strand) -> None:
        """The running strand lets other activeflows run; it is the first to go on here."""
        self.busy = True
        self._sliced = strand

    def ready(self, strand: Strand) -> None:
        """Queues a strand; the one created first runs first."""
        if self._ready:
            heappush(self._ready, (strand.number, strand))
        else:
            self._ready.append((strand.number, strand))

    # -- beginning and ending

    def _begin(self, flow: str, arguments: dict[str, Value]) -> None:
        if self.told:
            opening = self.opening
            channel = opening.channel or "none"
            came = shown_address(opening.source), shown_address(opening.to), opening.route_line
            self.note(FlowStarted(self.at, self.id, flow, channel, *came))
        self._main = self._call(flow, arguments)
        set_outermost_deadlines(self)

    def _call(self, flow: str, arguments: dict[str, Value]) -> Strand:
        """The main line, with this flow."""
        given = {variable(name): unmarked(value) for name, value in arguments.items()}
        return self.spawn(None, flow, lambda strand: self.script.flows[flow](strand, 0, **given))

    def _strand_over(self, strand: Strand, value: Value, an_exit: Exit | None) -> None:
        strand.over = True
        strand.coroutine = None
        self.strands = without(self.strands, strand)
        owner = strand.owner
        if owner is None:
            self._main_over(value, an_exit)
            return
        owner.children = without(owner.children, strand)
        on = strand.handler
        if on is not None:
            on.running = None
        if an_exit is not None:
            self._pass_on(strand, owner, an_exit)
        elif on is not None:
            strand.drop()  # most strands are handlers: none is left to the garbage collector
        if on is not None and on.waiting and not (an_exit is not None and an_exit.kind is ExitKind.GONE):
            event, on.waiting = on.waiting[0], on.waiting[1:]
            self.events.run_handler(on, event)
        for wake in strand.on_over:
            wake()
        if owner.watched:
            owner.watched = False
            owner.level.strand.wake()

    def _pass_on(self, strand: Strand, owner: Block, an_exit: Exit) -> None:
        """A strand ended by an exit: what that means for the strand that it belongs to."""
        match an_exit.kind:
            case ExitKind.CANCEL | ExitKind.GONE:
                return
            case ExitKind.FAULT | ExitKind.RAISE | ExitKind.LIMIT if an_exit.fault is not None:
                if strand.aftermath:
                    fault = an_exit.fault
                    self.warn(f"fault in {strand.name}: {self.text_of(fault)}", fault.line, fault.code)
                else:
                    self.raise_at(owner, an_exit.fault, strand.name)
            case ExitKind.STOP if not strand.in_aftermath_of(self._main):
                self.stop()
            case ExitKind.HANDOFF if not strand.in_aftermath_of(self._main) and self._main is not None:
                self._main.aim(Exit(ExitKind.HANDOFF, value=an_exit.value))
            case _ if an_exit.target is not None:
                target = an_exit.target
                parent = target.level.strand
                if not strand.in_aftermath_of(parent):
                    parent.aim(Exit(an_exit.kind, target, value=an_exit.value))
            case _:
                return

    def raise_at(self, block: Block, fault: Fault, what: str) -> None:
        """Raises a fault of something that a block owns at that block."""
        if not block.level.strand.aim(Exit(ExitKind.RAISE, block, fault=fault)):
            text = f"fault in {what}, while its block is being left: {self.text_of(fault)}"
            self.warn(text, fault.line, fault.code)

    def stop(self) -> None:
        """Ends the activeflow as `stop` does."""
        if self._main is not None:
            self._main.aim(Exit(ExitKind.STOP))

    def _main_over(self, value: Value, an_exit: Exit | None) -> None:
        match an_exit:
            case None:
                try:
                    check_weight(value)
                except Fault as fault:
                    fault.line = self.line_of_flow
                    self._fault_at_top(fault)
                else:
                    secret = self.opening.flow in self.secrets.results_of
                    self._end(Ending("done", marked(value) if secret else value))
            case Exit(kind=ExitKind.STOP):
                self._end(Ending("stop"))
            case Exit(kind=ExitKind.GONE):
                self._end(Ending("gone"))
            case Exit(kind=ExitKind.HANDOFF, value={"flow": str(flow), "arguments": dict(arguments)}):
                self._hand_off(flow, arguments)
            case Exit(fault=Fault() as fault):
                self._fault_at_top(fault)
            case _:
                raise AssertionError(an_exit.kind)

    def _fault_at_top(self, fault: Fault) -> None:
        otherwise = self.opening.otherwise
        if otherwise is None or self._else_taken:
            self._end(Ending("fault", code=fault.code, text=self.text_of(fault), line=fault.line))
            return
        self._else_taken = True
        flow, arguments = otherwise
        self.warn(f"fault `{fault.code}`: {self.text_of(fault)}; `{flow}` takes over", fault.line, fault.code)
        self._main = self._call(flow, arguments)

    def _hand_off(self, flow: str, arguments: dict[str, Value]) -> None:
        """A new machine goes on; this one is through."""
        inherited = Inherited(
            self.began, self.answered, self.farewell if self.caller_gone else None, self.events.signals,
            self.digits.kept, self.outbox.next_number, self._next_child, self._else_taken, self.recording,
            self.messages.kept,
        )  # fmt: skip
        given = self.secrets.of_flow(flow, arguments)
        opening = self.opening.handed_to((flow, given), self.at, self.chance.new_seed(), inherited)
        self.hang_up_placed()
        self.outbox.withdraw_all()
        self.outbox.add(HandedOff(opening))
        self.ending = Ending("handoff")
        self.busy = False
        self.drop()

    def _end(self, ending: Ending) -> None:
        assert ending.how != "handoff"
        self.hang_up_placed()
        if self.has_caller and not self.caller_gone:
            confirmed = self.opening.lent and ending.how == "done" and ending.value is True
            status = REFUSAL_OF_ENDING[ending.how]
            command = GiveBack(CALLER_LEG) if confirmed else HangUp(CALLER_LEG, status)
            self.outbox.add(Perform(self.outbox.number(), command))
        self.outbox.withdraw_all()
        self.ending = ending
        self.busy = False
        secret = ending.how == "done" and self.opening.flow in self.secrets.results_of
        why = MASK if secret else ending.value, ending.code, ending.text, ending.line, ending.file
        self.note(FlowEnded(self.at, self.id, self.opening.flow, ending.how, *why))
        self.outbox.add(Over(ending))
        self.drop()

    def _line(self) -> int:
        return self.current.line if self.current is not None else 0

    # -- strands

    def spawn(
        self,
        owner: Block | None,
        name: str,
        work: Callable[[Strand], Awaitable[object]],
        *,
        handler: On | None = None,
        aftermath: bool = False,
        line: int = 0,
    ) -> Strand:
        """A new strand, ready to run."""
        if len(self.strands) >= self.limits.strands and not aftermath:
            raise Fault(
                "too_many_strands", f"more than {self.limits.strands} streams and handlers at once", line
            )
        strand = Strand(self, self._next_strand, owner, name=name, handler=handler, aftermath=aftermath)
        strand.line = line
        self._next_strand += 1
        self.strands = (*self.strands, strand)
        if owner is not None:
            owner.children = (*owner.children, strand)
        strand.begin(work(strand))  # pyright: ignore[reportArgumentType]
        return strand

    # -- the caller

    def ends_with_caller(self, strand: Strand) -> bool:
        """Whether a strand that comes to a call action or wait has to end there."""
        return self.caller_gone and strand.ends_with_caller

    def caller_left(self, event: Outcome) -> None:
        """The caller's leg is gone: strands end at their call action or wait, now or when they come to
        one."""
        if self.caller_gone:
            return
        self.caller_gone = True
        self.farewell = event
        self.events.tell_of_farewell(event)
        for strand in self.strands:
            strand.caller_left()

    # -- what the script may ask

    def new_activeflow_id(self) -> str:
        """The id of an activeflow that this one starts."""
        number = self._next_child
        self._next_child += 1
        return f"{self.id}.{number}"

    # -- budgets, notes

    def spend(self, steps: int) -> None:
        """Counts steps; past the budget the fault `budget`, and past the last grace the end."""
        self.meter.spend(steps)

    def _check_history(self) -> None:
        limit = self.limits.history
        if self._inputs == limit * 4 // 5:
            self.warn(f"the history is at 80 % of its {limit} entries", self._line())
        elif self._inputs >= limit and (self._inputs - limit) % self.limits.grace == 0:
            text = f"more than {limit} entries of history"
            if self._inputs >= limit + self.limits.overruns * self.limits.grace:
                self._end(Ending("fault", code="history_full", text=text))
            elif self._main is not None:
                self._main.raise_fault(Fault("history_full", text, self._main.line))

    def note(self, observation: Observation) -> None:
        """Tells those who watch."""
        if self.told:
            self.outbox.add(Note(observation))

    def warn(self, text: str, line: int, fault: str | None = None) -> None:
        """A line in the activeflow's log that the script did not write; `fault` is the code of the fault that
        it is about."""
        self.note(Logged(self.at, self.id, text, line, "warning", fault, file_of(line)))
