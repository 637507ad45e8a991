"""Calls that come in to take the place of one that there is (RFC 3891).

So ends an attended transfer where the phone of who is transferred calls us itself, and so is a call picked
up that rings at another phone. The activeflow whose leg it is goes on with the newcomer, if its policy and
the operator's would let it dial him: who he is, trunk and account tell, as for any call. His INVITE is
answered at once; who was there before is hung up, or no longer called. Nobody passes for an account of ours
whose password he has not shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowlang.model.observations import LegReplaced
from flowlang.sip import SipSyntaxError
from flowlang.sip.uri import parse_uri

from .callers import tell_refused

if TYPE_CHECKING:
    from flowlang.backends.border import Inbox, Incoming
    from flowlang.sip import CallLeg

    from .ground import Ground
    from .incoming_leg import IncomingLeg

IsOurs = Callable[[str, int | None], bool]

_NO_PLACE = "it wants the place of a call that there is, and may not have it"
_DECLINED, _FORBIDDEN, _PENDING = 603, 403, 491  # RFC 3261 §21


def take_place(
    ground: Ground, replaced: CallLeg, newcomer: IncomingLeg, incoming: Incoming, realm: str, is_ours: IsOurs
) -> None:
    """Lets the newcomer be the far end of the leg that has the call `replaced`, or refuses him. `realm` is
    the host of our accounts' addresses, `is_ours` tells of any host with its port whether it is."""
    status = _try_to(ground, replaced, newcomer, incoming, realm, is_ours)
    if status is not None:
        tell_refused(ground.host, incoming, status, _NO_PLACE)
        newcomer.refuse(status)


def _try_to(
    ground: Ground, replaced: CallLeg, newcomer: IncomingLeg, incoming: Incoming, realm: str, is_ours: IsOurs
) -> int | None:
    leg = ground.legs.get(replaced)
    if leg is None or leg.inbox is None:
        return _DECLINED  # another call of a fork, or an activeflow that is over
    if leg.is_moving:
        return _PENDING
    if not incoming.verified and _is_of_ours(incoming.source, is_ours):
        return _FORBIDDEN
    address = _allowed(leg.inbox, incoming.source, newcomer.account, realm)
    if address is None:
        return _FORBIDDEN
    newcomer.far_end = address
    host = ground.host
    call_id = incoming.call_id or incoming.id
    host.observe(LegReplaced(host.now(), leg.id, incoming.id, call_id, incoming.source, incoming.to))
    if newcomer.take_call():
        leg.give_place_to(newcomer)
    return None


def _is_of_ours(source: str, is_ours: IsOurs) -> bool:
    """Whether he says that he is an account of ours."""
    try:
        uri = parse_uri(source)
    except SipSyntaxError:
        return False
    return uri.is_sip and is_ours(uri.host, uri.port)


def _allowed(inbox: Inbox, source: str, account: str | None, realm: str) -> str | None:
    """The address under which the activeflow may call him; a phone of ours has an extension as well."""
    names = [source] if account is None else [account, f"sip:{account}@{realm}", source]
    return next((each for each in names if inbox.why_refused(each) is None), None)
