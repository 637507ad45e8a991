"""What comes of an event: it goes to the newest handler or wait that wants it, else a digit to the `ask` that
collects, and a signal is kept until somebody wants it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast, get_args

from flowlang.compile.runtime.faults import Fault
from flowlang.model.causes import DECLINED, hangup_cause
from flowlang.model.commands import ReportTransfer
from flowlang.model.events import (
    CALLER_LEG,
    CallAnswered,
    CallEnded,
    CallRefused,
    CallRinging,
    DigitPressed,
    Event,
    MessageReceived,
    SignalReceived,
    TransferAsked,
    as_outcome,
)
from flowlang.model.observations import EventArrived
from flowlang.model.secrets import MASK, unmarked
from flowlang.model.values import Outcome

from .blocks import On, without
from .faults import as_fault
from .legs import AnyLegEvent
from .listeners import WaitForEvent
from .outbox import unheard

if TYPE_CHECKING:
    from .activeflow import Activeflow
    from .strand import Strand

_OF_LEGS = frozenset(get_args(AnyLegEvent))  # a union takes a microsecond to look into


class Events:
    """The deliveries of one activeflow."""

    __slots__ = ("_flow", "signals")

    def __init__(self, flow: Activeflow, signals: tuple[Outcome, ...] = ()) -> None:
        self._flow = flow
        self.signals = signals
        """Those that are kept, oldest first."""

    def drop(self) -> None:
        """Its activeflow is over: it lets go of it."""
        del self._flow

    def deliver(self, event: Event, emitter: Strand | None = None) -> bool:
        """Gives an event to whoever takes it. False where somebody might have wanted it and it is lost, for
        too many wait already."""
        flow = self._flow
        if type(event) in _OF_LEGS and self._of_leg(cast("AnyLegEvent", event)):
            return True
        outcome = as_outcome(event)
        busy = (emitter,) if emitter is not None else ()
        if type(event) is DigitPressed:
            busy = (*busy, *flow.digits.collecting)
        elif type(event) is MessageReceived and event.leg == CALLER_LEG:
            flow.messages.last = event.id
            busy = (*busy, *flow.messages.asking)
        listener = flow.listeners.find(outcome, busy, self._fault_in_condition)
        if listener is not None:
            if flow.told or flow.secrets.lines:  # else there is nobody to tell
                self._observe_event(outcome, listener.line)
            if emitter is None and type(listener) is On and listener.straight and flow.rests:
                self._run_straight(listener, outcome)
                return True
            return self.hand_over(listener, outcome)
        elif type(event) is DigitPressed:
            passed = flow.passes_on(event.digit)
            self._observe_event(outcome, None if passed else flow.digits.add(event.digit, flow.at))
        elif type(event) is MessageReceived:
            taken, line = flow.messages.add(outcome, of_thread=event.leg == CALLER_LEG)
            self._observe_event(outcome, line)
            if not taken:
                flow.warn("messages that nobody takes fill what is kept of them; one more is lost", 0)
            return taken
        else:
            self._observe_event(outcome, None)
            if type(event) is SignalReceived:
                return self._keep_signal(event.signal, outcome)
        return True

    def _of_leg(self, event: AnyLegEvent) -> bool:
        """Whether an event changes what a leg is, or is of one that the script sees otherwise: no more comes
        of it."""
        flow = self._flow
        if event.leg != CALLER_LEG:
            of_all = flow.legs.take(event)
            if of_all is not None:
                self.tell(of_all)
            return True
        if (type(event) is CallEnded or type(event) is TransferAsked) and flow.of_connected(event):
            return True
        if type(event) is TransferAsked:  # nobody is connected with him whom it could be about
            flow.outbox.perform(ReportTransfer(CALLER_LEG, DECLINED), unheard)
            return True
        match event:
            case CallEnded():
                self._farewell(as_outcome(event))
            case CallRefused(status=status):  # he rang when the activeflow began
                self._farewell(Outcome("hangup", {"cause": hangup_cause(status)}))
            case CallAnswered():
                flow.answered = True
                party = flow.opening.party
                self.tell(Outcome("answered", {"to": party, "text": party}))
            case CallRinging():
                pass
            case _:
                return False
        return True

    def _farewell(self, outcome: Outcome) -> None:
        if not self._flow.caller_gone:
            self._observe_event(outcome, None)
            self._flow.caller_left(outcome)

    def tell(self, outcome: Outcome) -> None:
        """Gives an event, as a script has it, to the handler or wait that takes it; else it is nobody's."""
        if self._flow.secrets:
            outcome = Outcome(outcome.name, {name: unmarked(each) for name, each in outcome.fields.items()})
        listener = self._flow.listeners.find(outcome, [], self._fault_in_condition)
        self._observe_event(outcome, listener.line if listener is not None else None)
        if listener is not None:
            self.hand_over(listener, outcome)

    def _fault_in_condition(self, listener: On | WaitForEvent, error: Exception) -> None:
        flow = self._flow
        fault = as_fault(error, listener.line)
        if isinstance(listener, WaitForEvent):
            listener.take(fault)
        else:
            flow.raise_at(listener.block, fault, f"the condition of `on {listener.event}`")

    def _observe_event(self, event: Outcome, taken_at: int | None) -> None:
        flow = self._flow
        hidden = False
        if flow.secrets and self._hides(event, taken_at):
            flow.secret_input = hidden = True
        if not flow.told:
            return
        detail = MASK if hidden else str(event.fields.get("text") or event.fields.get("cause") or "")
        flow.note(EventArrived(flow.at, flow.id, event.name, detail, taken_at))

    def _hides(self, event: Outcome, taken_at: int | None) -> bool:
        """Whether an event brings a secret. What is kept until somebody takes it may be one."""
        flow = self._flow
        secrets = flow.secrets
        if event.name in secrets.events:
            return True
        if event.name == "signal" and taken_at is None:
            return secrets.takes_signal(event.fields["name"])
        if event.name in ("dtmf", "message"):
            asking = flow.digits.collecting if event.name == "dtmf" else flow.messages.asking
            if any(secrets.takes_on(strand.line) for strand in asking):
                return True
            if taken_at is None:
                return bool(secrets.taking)
        return taken_at is not None and secrets.takes_on(taken_at)

    def hand_over(self, listener: On | WaitForEvent, event: Outcome) -> bool:
        """The event is the listener's. False where it has too many already, and this one is lost."""
        flow = self._flow
        if isinstance(listener, WaitForEvent):
            listener.take(event)
        elif listener.running is None:
            self.run_handler(listener, event)
        elif len(listener.waiting) < flow.limits.waiting_events:
            listener.waiting = (*listener.waiting, event)
        else:
            listener.lost += 1
            if listener.lost == 1:  # once, or whoever presses keys writes the log
                waiting = len(listener.waiting)
                text = f"`on {listener.event}` has {waiting} events waiting; further ones are lost"
                flow.warn(text, listener.line)
            return False
        return True

    def run_handler(self, on: On, event: Outcome) -> None:
        """Its handler takes the event."""
        flow = self._flow
        try:
            on.running = flow.spawn(
                on.block, on.name, lambda strand: on.work(strand, event), handler=on, line=on.line
            )
        except Fault as fault:
            flow.raise_at(on.block, fault, on.name)

    def _run_straight(self, on: On, event: Outcome) -> None:
        """Its handler, of which nothing is left to wait, takes the event at once, as a strand would that is
        the only one to run."""
        try:
            on.body(on.block.level.strand, event)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault in the script
            self._flow.raise_at(on.block, as_fault(error, on.line), on.name)

    def _keep_signal(self, name: str, event: Outcome) -> bool:
        flow = self._flow
        kept = sum(each.fields["name"] == name for each in self.signals)
        if kept < flow.limits.kept_signals:
            self.signals = (*self.signals, event)
            return True
        flow.warn(f"{kept} signals `{name}` are kept already; one more is dropped", 0)
        return False

    def kept(self, event: str, wants: Callable[[Outcome], bool] | None) -> Outcome | None:
        """The oldest kept signal or message that somebody who begins to listen wants, taken out."""
        if event == "message":
            return self._flow.messages.take_kept(wants or (lambda _message: True))
        if event != "signal":
            return None
        for kept in self.signals:
            if wants is None or wants(kept):
                self.signals = without(self.signals, kept)
                return kept
        return None

    def tell_of_farewell(self, event: Outcome) -> None:
        """The caller left: whoever waits for that has it."""
        listeners = self._flow.listeners
        while (waiting := listeners.find(event, [], self._fault_in_condition)) is not None:
            self.hand_over(waiting, event)
