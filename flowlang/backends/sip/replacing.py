"""Calls that come in to take the place of one that there is (RFC 3891).

So ends an attended transfer where the phone of who is transferred calls us itself, and so is a call picked
up that rings at another phone. The activeflow whose leg it is goes on with the newcomer, if its policy and
the operator's would let it dial him: who he is, trunk and account tell, as for any call. His INVITE is
answered at once; who was there before is hung up, or no longer called. Nobody passes for an account of ours
whose password he has not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.model.observations import LegReplaced

from .callers import tell_refused

if TYPE_CHECKING:
    from flowlang.backends.border import Incoming
    from flowlang.sip import CallLeg

    from .ground import Ground
    from .incoming_leg import IncomingLeg

_NO_PLACE = "it wants the place of a call that there is, and may not have it"
_DECLINED, _FORBIDDEN, _PENDING = 603, 403, 491  # RFC 3261 §21


def take_place(ground: Ground, replaced: CallLeg, newcomer: IncomingLeg, incoming: Incoming) -> None:
    """Lets the newcomer be the far end of the leg that has the call `replaced`, or refuses him."""
    status = _try_to(ground, replaced, newcomer, incoming)
    if status is not None:
        tell_refused(ground.host, incoming, status, _NO_PLACE)
        newcomer.refuse(status)


def _try_to(ground: Ground, replaced: CallLeg, newcomer: IncomingLeg, incoming: Incoming) -> int | None:
    leg = ground.legs.get(replaced)
    if leg is None or leg.inbox is None:
        return _DECLINED  # another call of a fork, or an activeflow that is over
    if leg.is_moving:
        return _PENDING
    address = newcomer.address_for(leg.inbox)
    if address is None:
        return _FORBIDDEN
    newcomer.far_end = address
    host = ground.host
    call_id = incoming.call_id or incoming.id
    host.observe(LegReplaced(host.now(), leg.id, incoming.id, call_id, incoming.source, incoming.to))
    if newcomer.take_call():
        leg.give_place_to(newcomer)
    return None
