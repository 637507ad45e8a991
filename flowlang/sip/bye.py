"""Our BYE (RFC 3261 §15.1.1): whatever the answer is, the call is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.sip.dialog import Dialog
from flowlang.sip.message import Request, Response
from flowlang.sip.services import AgentServices

if TYPE_CHECKING:
    from flowlang.sip.leg import CallLeg


class Bye:
    """Waits for the end of it. A challenge is answered once."""

    __slots__ = ("_bye", "_dialog", "_agent", "_leg", "_tried")

    def __init__(self, agent: AgentServices, leg: CallLeg, dialog: Dialog, bye: Request) -> None:
        self._agent = agent
        self._leg = leg
        self._dialog = dialog
        self._bye = bye
        self._tried = False

    def on_response(self, response: Response, now: float) -> None:
        if response.status < 200:
            return
        again = None if self._tried else self._leg.again_with_password(self._bye, response)
        if again is None:
            self._leg.finish()
            return
        self._tried, self._bye = True, again
        self._agent.transactions.request(again, self._dialog.next_hop, self._leg.local, self, now)

    def on_timeout(self, now: float) -> None:
        self._leg.finish()
