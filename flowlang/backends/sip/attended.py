"""Attended transfers (RFC 5589 §7): somebody in two calls with us joins those whom he is connected with.

He says by REFER which call is to take the place of the one that he asks in (Replaces, RFC 3891). It has to be
one of his own: of the same account, or from the same address. Whoever is connected with him there then goes
on under the leg in which he asked; his two calls end, and so does the leg that has nobody left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.sip.replaces import parse_replaces

if TYPE_CHECKING:
    from flowlang.sip import CallLeg

    from .ground import Ground
    from .leg import SipLeg


def is_ours(ground: Ground, replaces: str) -> bool:
    """Whether the call is one of ours; else somebody else's server has it."""
    return ground.endpoint.agent.call_of(parse_replaces(replaces).key) is not None


def consulted(ground: Ground, asks: SipLeg, replaces: str) -> SipLeg | None:
    """The leg of the other call of who asks; `None` where there is none, or it is somebody else's."""
    call = ground.endpoint.agent.call_of(parse_replaces(replaces).key)
    if call is None or asks.call is None or call is asks.call or not _same_peer(call, asks.call):
        return None
    return ground.legs.get(call)


def _same_peer(one: CallLeg, other: CallLeg) -> bool:
    accounts = [each.origin.account for each in (one, other) if each.origin is not None]
    if len(accounts) == 2 and None not in accounts:
        return accounts[0] == accounts[1]
    return one.peer == other.peer
