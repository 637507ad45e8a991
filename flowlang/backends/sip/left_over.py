"""Calls that were up when the process before was killed: each peer gets a BYE at the next start.

What a BYE needs is given to the host at the answer, and again with each change of the session, which may
change the remote target (RFC 3261 §12.2.1.2). The CSeq is kept with a margin, for requests that went out
since: gaps are allowed (§12.2.2). Whatever the answer is, 200, 481 or none within 64*T1, the call is over
(§15.1.1). Of a call that we placed it is given of each who rings: the caller's BYE ends an early dialog too
(§15), and he may have answered since. Passwords are not kept: a peer that challenges the BYE keeps its call
until it misses us.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from flowlang.backends.border import DialogKeeper
from flowlang.sip import Address, Response, SipSyntaxError
from flowlang.sip.address import DEFAULT_PORTS, same_host
from flowlang.sip.dialog import Dialog
from flowlang.sip.headers import parse_name_addr
from flowlang.sip.strays import Strays

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


def early_to_plain(dialogs: Iterable[Dialog]) -> dict[str, Any]:
    """The same of all who ring."""
    return {"early": [dialog_to_plain(each) for each in dialogs]}


def dialog_from_plain(plain: dict[str, Any]) -> Dialog:
    """The dialog as it was kept. Raises `KeyError`, `TypeError` or `ValueError` for what nobody kept."""
    texts = {name: str(plain[name]) for name in _TEXTS}
    routes = [str(each) for each in plain["route_set"]]
    local, peer = Address(*plain["local"]), Address(*plain["peer"])
    dialog = Dialog(**texts, route_set=routes, local=local, peer=peer)
    dialog.local_cseq = int(plain["cseq"])
    return dialog


def end_left_over(endpoint: Endpoint, keeper: DialogKeeper) -> None:
    """Begins a BYE for each call that was left, and has one that is answered only now get his. Waits for
    nothing: they are transactions like any other."""
    if keeper.dialogs_mark is not None:
        endpoint.agent.strays = Strays(endpoint.agent, keeper.dialogs_mark, endpoint.now())
    for leg, plain in keeper.dialogs_left.items():
        owed = _Owed(lambda leg=leg: keeper.drop_dialog(leg))
        try:
            for each in plain.get("early") or [plain]:
                _end(endpoint, dialog_from_plain(each), owed)
        except (AttributeError, KeyError, TypeError, ValueError, SipSyntaxError):
            pass
        if not owed.byes:
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


def _end(endpoint: Endpoint, dialog: Dialog, owed: _Owed) -> None:
    hop = way_of(dialog)
    local = endpoint.local_for(hop.host, hop.transport)
    if local is not None:
        dialog.local = local  # the port may be another one today
        bye = dialog.request("BYE", endpoint.agent.branch())
        owed.byes += 1
        endpoint.agent.ask(bye, hop, local, owed, endpoint.now())


class _Owed:
    """The BYEs of a call: `byes` are under way; with the end of the last one it is `over`."""

    __slots__ = ("_over", "byes")

    def __init__(self, over: Callable[[], None]) -> None:
        self._over = over
        self.byes = 0

    def on_response(self, response: Response, now: float) -> None:
        if response.status >= 200:
            self.on_timeout(now)

    def on_timeout(self, now: float) -> None:
        self.byes -= 1
        if not self.byes:
            self._over()
