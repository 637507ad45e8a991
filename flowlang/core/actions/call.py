"""`call`: places a call that starts an activeflow of its own when it is answered, or while it rings."""

from __future__ import annotations

from flowlang.compile.runtime.faults import Fault
from flowlang.model.events import CallAnswered, CallEnded, CallRefused, CallRinging, TransferAsked
from flowlang.model.values import Outcome

from ..legs import LegEvent, PlacedLeg
from ..mailbox import Mailbox
from ..opening import Inherited, Opening
from ..outputs import Connect
from ..routing import Chosen, choose_route
from ..strand import WhenLeft
from .placing import Redirections, place, ringing_microseconds, ringing_time
from .stage import Stage
from .unanswered import Unanswered
from .undoing import Undoing

OUTBOUND = "outbound call"


async def call(stage: Stage) -> Outcome:
    """Waits until that begins or it comes to nothing."""
    flow = stage.flow
    opening = _opening(stage)
    box: Mailbox[tuple[PlacedLeg, LegEvent] | None] = Mailbox(stage.strand, WhenLeft.NOTHING)
    timer = ringing_time(stage, lambda: box.put(None))
    legs = [place(stage, stage.text("to"), lambda leg, event: box.put((leg, event)))]

    def give_up() -> None:
        timer.cancel()
        for leg in legs:
            flow.legs.hang_up(leg)

    with Undoing(give_up):
        return await _until_answered(stage, legs, opening, box)


async def _until_answered(
    stage: Stage,
    legs: list[PlacedLeg],
    opening: Opening,
    box: Mailbox[tuple[PlacedLeg, LegEvent] | None],
) -> Outcome:
    """`legs` ends with the one that counts: a 3xx leads from one to the next."""
    flow = stage.flow
    while_ringing = stage.text("begin") == "ringing"
    rings_until = flow.at + ringing_microseconds(stage)
    elsewhere = Redirections(stage, [each.to for each in legs])
    while True:
        leg = legs[-1]
        match await box.get():
            case None:
                return Unanswered(leg.to, 0, "nobody answered in time", leg.rang, late=True).as_outcome()
            case _, CallRinging() if not while_ringing:
                flow.events.tell(Outcome("ringing", {"to": leg.to, "text": leg.to}))
            case _, CallRefused(status=status, reason=reason, q850=q850, contacts=contacts):
                to = next(elsewhere.of(contacts), None)
                if to is not None:
                    legs.append(place(stage, to, leg.take))
                    continue
                return Unanswered(leg.to, status, reason, leg.rang, q850=q850).as_outcome()
            case _, CallEnded(cause=cause):
                return Unanswered(leg.to, 0, cause, leg.rang).as_outcome()
            case _, TransferAsked():  # only what is connected can be transferred
                pass
            case _, (CallRinging() | CallAnswered()) as event:
                flow.legs.let_go(leg)
                inherited = Inherited(flow.at, answered=isinstance(event, CallAnswered))
                begins = opening.placed_at(flow.at, inherited, rings_until)
                flow.outbox.add(Connect(leg.number, begins))
                how = "begun" if while_ringing else "answered"
                return Outcome(how, {"activeflow": opening.activeflow, "to": leg.to})


def _opening(stage: Stage) -> Opening:
    """What the new activeflow begins with: the flow that is named, else that of a route; a fault where there
    is none."""
    flow = stage.flow
    to = stage.text("to")
    source = stage.optional_text("from") or flow.opening.ours
    child = flow.new_activeflow_id()
    opening = Opening(
        child, "", {}, flow.at, flow.chance.new_seed(), OUTBOUND, source, to, None, child,
        data=stage.given["data"], outbound=True,
    )  # fmt: skip
    named = stage.optional_text("flow")
    if named is not None:
        return opening.taken_by((named, {}), None, None)
    choice = choose_route(flow.script, opening)
    if not isinstance(choice, Chosen):
        why = "; ".join(choice.why) or "there is none"
        raise Fault("no_route", f"no `route outbound call` takes a call to {to}: {why}")
    return opening.taken_by(choice.flow, choice.line, choice.otherwise)
