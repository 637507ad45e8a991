"""A re-INVITE of ours (RFC 3261 §14.1): one at a time, tried again after glare.

The peer may go first while we wait: then the description of our side is a later one, and `negotiate` has
forgotten our offer. So each try after a wait makes its offer afresh (RFC 3264 §8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.sip.dialog import Dialog
from flowlang.sip.message import Request, Response
from flowlang.sip.outputs import CallReanswered
from flowlang.sip.sdp import SdpError, SessionDescription, parse_sdp
from flowlang.sip.services import AgentServices
from flowlang.sip.timers import Timer

if TYPE_CHECKING:
    from flowlang.sip.leg import CallLeg

_TRIES = 4  # after so many glares in a row the offer is given up


class Reoffer:
    """Sends the offer, acknowledges, reports `CallReanswered` once."""

    def __init__(self, agent: AgentServices, leg: CallLeg, dialog: Dialog, sdp: SessionDescription) -> None:
        self._agent = agent
        self._leg = leg
        self._dialog = dialog
        self._body = sdp.encode()
        self._invite: Request | None = None
        self._ack: bytes | None = None
        self._timer: Timer | None = None
        self._tries = 0
        self._asked = False
        self._reported = False

    def begin(self, now: float) -> None:
        """Send the re-INVITE, or wait for the peer's own to be over."""
        waited = self._timer is not None
        self._timer = None
        if not self._leg.settled:
            self._again(now)
            return
        negotiate = self._leg.negotiate
        fresh = negotiate(None) if waited and negotiate is not None else None
        if fresh is not None:
            self._body = fresh.encode()
        self._tries += 1
        invite = self._dialog.request("INVITE", self._agent.branch())
        invite.extend([*self._leg.session_headers, ("Content-Type", "application/sdp")])
        invite.body = self._body
        self._invite = invite
        self._agent.transactions.request(invite, self._dialog.next_hop, self._dialog.local, self, now)

    def abandon(self) -> None:
        """The call is over: no further try."""
        self._reported = True
        if self._timer is not None:
            self._agent.timers.cancel(self._timer)

    @property
    def pending(self) -> bool:
        """True while the re-INVITE waits for its answer, False while it waits to be sent again."""
        return self._timer is None

    def on_response(self, response: Response, now: float) -> None:
        """An answer to the re-INVITE."""
        if response.status < 200:
            return
        if response.status < 300:
            if not self._reported:
                self._leg.refreshed_by(response, now)
            self._acknowledge(response)
        elif response.status == 491 and self._tries < _TRIES and not self._reported:
            self._again(now)
        elif response.status in (401, 407) and self._try_with_password(response, now):
            return
        elif response.status in (408, 481):
            self._lost(response.status, now)
        else:
            self._report(None, response.status)

    def on_timeout(self, now: float) -> None:
        """No answer: the peer is gone (§14.1, as 408)."""
        self._lost(408, now)

    def _try_with_password(self, response: Response, now: float) -> bool:
        again = None
        if not self._asked and not self._reported and self._invite is not None:
            again = self._leg.again_with_password(self._invite, response)
        if again is None:
            return False
        self._asked, self._invite = True, again
        self._agent.transactions.request(again, self._dialog.next_hop, self._dialog.local, self, now)
        return True

    def _again(self, now: float) -> None:
        """§14.1: the side that made the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms."""
        steps = self._agent.random(201) if self._leg.incoming else 210 + self._agent.random(191)
        scale = self._agent.settings.t1 / 0.5  # the RFC's figures belong to its T1
        self._timer = self._agent.timers.schedule(now + (steps + 1) / 100 * scale, self.begin)

    def _acknowledge(self, response: Response) -> None:
        if self._ack is None:
            assert self._invite is not None  # a response answers it
            self._dialog.refresh_target(response)
            self._ack = self._dialog.request("ACK", self._agent.branch(), self._invite.cseq.number).encode()
        self._agent.send(self._ack, self._dialog.next_hop, self._dialog.local)
        try:
            answer = parse_sdp(response.body) if response.body else None
        except SdpError:
            answer = None
        self._report(answer, response.status)

    def _report(self, answer: SessionDescription | None, status: int) -> None:
        if not self._reported:
            self._reported = True
            self._leg.reoffer_done()
            self._agent.emit(CallReanswered(self._leg, answer, status))

    def _lost(self, status: int, now: float) -> None:
        if not self._reported:
            self._report(None, status)
            self._leg.hang_up(now, "lost")
