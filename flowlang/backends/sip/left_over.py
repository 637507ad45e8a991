"""Calls that were up when the process before was killed: each peer gets a BYE at the next start.

What a BYE needs is given to the host at the answer, and again with each change of the session, which may
change the remote target (RFC 3261 §12.2.1.2). The CSeq is kept with a margin, for requests that went out
since: gaps are allowed (§12.2.2). Whatever the answer is, 200, 481 or none within 64*T1, the call is over
(§15.1.1). Passwords are not kept: a peer that challenges the BYE keeps its call until it misses us.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flowlang.backends.border import DialogKeeper
from flowlang.sip import Address, Response, SipSyntaxError
from flowlang.sip.address import DEFAULT_PORTS, same_host
from flowlang.sip.dialog import Dialog
from flowlang.sip.headers import parse_name_addr

from .endpoint import Endpoint

_log = logging.getLogger(__name__)

_MARGIN = 10_000
"""Requests of ours inside one call since it was kept: keys that were pressed, offers, refreshes."""

_TEXTS = ("call_id", "local_address", "local_tag", "remote_address", "remote_tag", "remote_target")


def dialog_to_plain(dialog: Dialog) -> dict[str, Any]:
    """What a BYE needs of it."""
    return {name: getattr(dialog, name) for name in _TEXTS} | {
        "route_set": list(dialog.route_set),
        "local": list(dialog.local),
        "peer": list(dialog.peer),
        "cseq": dialog.local_cseq + _MARGIN,
    }


def dialog_from_plain(plain: dict[str, Any]) -> Dialog:
    """The dialog as it was kept. Raises `KeyError`, `TypeError` or `ValueError` for what nobody kept."""
    texts = {name: str(plain[name]) for name in _TEXTS}
    routes = [str(each) for each in plain["route_set"]]
    local, peer = Address(*plain["local"]), Address(*plain["peer"])
    dialog = Dialog(**texts, route_set=routes, local=local, peer=peer)
    dialog.local_cseq = int(plain["cseq"])
    return dialog


def end_left_over(endpoint: Endpoint, keeper: DialogKeeper) -> None:
    """Begins a BYE for each call that was left. Waits for nothing: they are transactions like any other."""
    for leg, plain in keeper.dialogs_left.items():
        try:
            dialog = dialog_from_plain(plain)
            begun = _end(endpoint, dialog, lambda leg=leg: keeper.drop_dialog(leg))
        except (KeyError, TypeError, ValueError, SipSyntaxError):
            begun = False
        if not begun:
            _log.warning("the peer of a call that was lost is not told: no way leads there (leg %s)", leg)
            keeper.drop_dialog(leg)


def way_of(dialog: Dialog) -> Address:
    """Where its BYE goes. The connection that a caller by TCP opened is gone, and nobody listens on its port:
    it goes to the one that his Contact names (RFC 3261 §12.2.1.1). Raises `SipSyntaxError`."""
    hop = dialog.next_hop
    if hop.transport != "tcp" or dialog.route_set:
        return hop
    uri = parse_name_addr(f"<{dialog.remote_target}>").uri
    if uri.transport != "tcp" or not same_host(uri.host, hop.host):
        return hop
    return hop._replace(port=uri.port or DEFAULT_PORTS["tcp"])


def _end(endpoint: Endpoint, dialog: Dialog, over: Callable[[], None]) -> bool:
    hop = way_of(dialog)
    local = endpoint.local_for(hop.host, hop.transport)
    if local is None:
        return False
    dialog.local = local  # the port may be another one today
    bye = dialog.request("BYE", endpoint.agent.branch())
    endpoint.agent.ask(bye, hop, local, _LastBye(over), endpoint.now())
    return True


class _LastBye:
    """Waits for the end of a BYE."""

    __slots__ = ("_over",)

    def __init__(self, over: Callable[[], None]) -> None:
        self._over = over

    def on_response(self, response: Response, now: float) -> None:
        if response.status >= 200:
            self._over()

    def on_timeout(self, now: float) -> None:
        self._over()
