"""Transfers inside a call by REFER (RFC 3515, RFC 5589), both ways.

Rules: one at a time each way. Who asks gets 202 and a NOTIFY at once, and one more with the outcome, which
ends the subscription. That we ask for is over with the first final status that a NOTIFY tells, with a refusal
of the REFER, when the subscription ends without a word or was refused, or after a silence of three minutes. A
REFER is carried out by nobody here: the user decides.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from flowlang.sip.dialog import Dialog
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import parse_name_addr
from flowlang.sip.message import Request, Response
from flowlang.sip.outputs import TransferAnswered
from flowlang.sip.replaces import parse_replaces
from flowlang.sip.services import AgentServices
from flowlang.sip.status import reason_phrase
from flowlang.sip.timers import Timer
from flowlang.sip.uri import parse_uri

if TYPE_CHECKING:
    from flowlang.sip.leg import CallLeg

_FRAGMENT = "message/sipfrag;version=2.0"  # RFC 3515 §2.4.5
_LASTS = 180  # seconds, of the subscription: longer than anybody lets it ring
_NO_SUBSCRIPTION = ("Refer-Sub", "false")  # RFC 4488 §4
_STATUS = re.compile(rb"SIP/2\.0[ \t]+([1-6][0-9]{2})(?:[ \t\r\n]|\Z)")
_MAX_BODY = 4096


class ReferredTo:
    """What a REFER asks for: `uri`, without headers, and the dialog that is to be replaced there, as the
    Replaces header has it (RFC 3891)."""

    __slots__ = ("replaces", "uri")

    def __init__(self, request: Request) -> None:
        values = request.members("Refer-To")
        if len(values) != 1:
            raise SipSyntaxError("A REFER has one Refer-To")
        uri = parse_name_addr(values[0]).uri
        self.replaces: str | None = None
        for part in (uri.headers or "").split("&"):
            name, _, value = part.partition("=")
            if name.lower() == "replaces":
                self.replaces = str(parse_replaces(unquote(value)))
        self.uri = str(replace(uri, headers=None) if uri.is_sip else uri)


class AskedTransfer:
    """The peer asked; `report` tells him what came of it."""

    def __init__(self, agent: AgentServices, leg: CallLeg, dialog: Dialog, request: Request) -> None:
        self._agent = agent
        self._leg = leg
        self._dialog = dialog
        self._id = request.cseq.number
        self._silent = _without_subscription(request)

    @property
    def accepted_with(self) -> tuple[tuple[str, str], ...]:
        """Of the 202: whether we notify is for us to say (RFC 4488 §4)."""
        return (_NO_SUBSCRIPTION,) if self._silent else ()

    def report(self, status: int, now: float) -> None:
        """A provisional status, or the final one."""
        if self._silent:
            return
        state = f"active;expires={_LASTS}" if status < 200 else "terminated;reason=noresource"
        notify = self._dialog.request("NOTIFY", self._agent.branch())
        notify.extend([
            ("Contact", self._agent.contact(self._leg.local, secure=self._dialog.secure)),
            ("Event", f"refer;id={self._id}"),
            ("Subscription-State", state),
            ("Content-Type", _FRAGMENT),
        ])  # fmt: skip
        notify.body = f"SIP/2.0 {status} {reason_phrase(status)}\r\n".encode()
        self._leg.tell(notify, now)


class OwnTransfer:
    """We ask the peer to call `target`."""

    def __init__(self, agent: AgentServices, leg: CallLeg, dialog: Dialog, target: str) -> None:
        self._agent = agent
        self._leg = leg
        self._dialog = dialog
        self._target = f"<{parse_uri(target)}>"
        self._tried = False
        self.accepted = False
        self._over = False
        self._request: Request | None = None
        self._timer: Timer | None = None

    def begin(self, now: float) -> None:
        """Send the REFER."""
        refer = self._dialog.request("REFER", self._agent.branch())
        refer.extend([
            ("Contact", self._agent.contact(self._leg.local, secure=self._dialog.secure)),
            ("Refer-To", self._target),
            ("Referred-By", f"<{parse_name_addr(self._dialog.local_address).uri}>"),
        ])  # fmt: skip
        self._send(refer, now)

    def on_notify(self, notify: Request, now: float) -> None:
        """What the peer says of it."""
        found = _STATUS.match(notify.body[:_MAX_BODY].lstrip())
        status = int(found[1]) if found is not None else 0
        ended = (notify.get("Subscription-State") or "").strip().lower().startswith("terminated")
        if status >= 200:
            self.finish(status)
        elif ended:
            self.finish(500)
        else:
            self._wait(now)

    def on_response(self, response: Response, now: float) -> None:
        """The answer to the REFER."""
        if response.status < 200:
            return
        if response.status < 300:
            self.accepted = True
            if _without_subscription(response):
                self.finish(response.status)  # nobody will say more
            else:
                self._wait(now)
            return
        again = None
        if not self._tried and self._request is not None:
            again = self._leg.again_with_password(self._request, response)
        if again is None:
            self.finish(response.status)
            return
        self._tried = True
        self._send(again, now)

    def on_timeout(self, now: float) -> None:
        """None came, or no NOTIFY after it."""
        self.finish(408)

    def finish(self, status: int) -> None:
        """It is over: told once."""
        self._stop()
        if not self._over:
            self._over = True
            self._leg.transfer_done()
            self._agent.emit(TransferAnswered(self._leg, status))

    def _wait(self, now: float) -> None:
        """For the next NOTIFY; a peer who sends none has lost the transfer, or its subscription."""
        self._stop()
        if not self._over:
            self._timer = self._agent.timers.schedule(now + _LASTS, self.on_timeout)

    def _stop(self) -> None:
        if self._timer is not None:
            self._agent.timers.cancel(self._timer)
            self._timer = None

    def _send(self, request: Request, now: float) -> None:
        self._request = request
        self._agent.transactions.request(request, self._dialog.next_hop, self._leg.local, self, now)


def _without_subscription(message: Request | Response) -> bool:
    """Whether its sender wants no NOTIFY, or will send none (RFC 4488 §4)."""
    return (message.get("Refer-Sub") or "").partition(";")[0].strip().lower() == "false"
