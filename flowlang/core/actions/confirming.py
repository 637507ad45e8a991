"""The flow that who answered a `dial` has to pass before he is connected: an activeflow of its own on his
leg, to which the leg is lent."""

from __future__ import annotations

from flowlang.model.addresses import number_of
from flowlang.model.values import Value

from ..legs import PlacedLeg
from ..opening import Inherited, Opening
from ..outputs import Connect
from .stage import Stage


def ask_to_confirm(stage: Stage, flow: str, leg: PlacedLeg) -> None:
    """Begins it. `call.data` has there whom he would be connected with."""
    ours = stage.flow
    party = ours.opening.party
    caller: Value = {
        "number": party and (number_of(party) or party),
        "address": party,
        "name": ours.opening.name,
    }
    child = ours.new_activeflow_id()
    opening = Opening(
        child, flow, {}, ours.at, ours.chance.new_seed(), "call",
        stage.optional_text("from") or ours.opening.ours, leg.to, None, child,
        inherited=Inherited(ours.at, answered=True), data=caller, outbound=True, lent=True,
    )  # fmt: skip
    ours.outbox.add(Connect(leg.number, opening))
