"""Session timers (RFC 4028): a call whose peer died unseen ends, for nobody refreshes it any more.

Rules: we offer a timer with each call and agree to any that lasts `MIN_SE` at the least; who calls refreshes,
where the other side has no wish of its own. Half of the interval after the last refresh comes the next, by
UPDATE where the peer allows that, else by re-INVITE. A session that was not refreshed ends a little before
its time is over. Sections here are RFC 4028's, where no other is named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import parse_number
from flowlang.sip.message import Message, Request, Response
from flowlang.sip.text import parse_parameters
from flowlang.sip.timers import Timer

if TYPE_CHECKING:
    from flowlang.sip.leg import CallLeg
    from flowlang.sip.services import AgentServices

TAG = "timer"
MIN_SE = 90  # seconds, §4: no interval is shorter
INTERVAL = 1800  # §4 recommends it
_LONGEST = 86_400  # what is asked for beyond a day is taken for a day
Headers = tuple[tuple[str, str], ...]

OFFER: Headers = (("Session-Expires", str(INTERVAL)), ("Min-SE", str(MIN_SE)))
"""Of an INVITE of ours."""


@dataclass(frozen=True, slots=True)
class Terms:
    """An interval in seconds, and whether we refresh."""

    seconds: int
    ours: bool


def too_short(request: Request) -> bool:
    """Whether a request asks for an interval that is refused with 422 (§9)."""
    wanted = _expires(request)
    return wanted is not None and wanted[0] < MIN_SE and supports(request)


def supports(message: Message) -> bool:
    """Whether who sent it knows session timers."""
    return TAG in [each.lower() for each in message.members("Supported")]


def agreed_with(request: Request) -> tuple[Headers, Terms | None]:
    """What our 2xx to an INVITE or UPDATE says (§9), and what holds from then on. An interval that is too
    short, of a peer who may not be told so by a 422, gets no timer: a 2xx neither raises it nor goes below
    90 s."""
    wanted, knows = _expires(request), supports(request)
    if wanted is not None and wanted[0] < MIN_SE:
        wanted = None
    if wanted is None and not knows:
        return (), None
    seconds, refresher = wanted or (max(INTERVAL, _least(request)), "uas")
    if refresher is None or not knows:
        refresher = "uac" if knows else "uas"
    headers: Headers = (("Session-Expires", f"{seconds};refresher={refresher}"),)
    if knows:
        headers = (*headers, ("Require", TAG))
    return headers, Terms(seconds, refresher == "uas")


def agreed_by(response: Response, before: Terms | None) -> Terms | None:
    """What a 2xx to a request of ours says. Where it says nothing, the peer has no timer, or has none any
    more (§7.2): if there was one, we go on to refresh by ourselves, so that his death is still seen."""
    wanted = _expires(response)
    if wanted is None:
        return None if before is None else replace(before, ours=True)
    return Terms(max(wanted[0], MIN_SE), wanted[1] != "uas")


def longer(response: Response) -> Headers:
    """What an INVITE says after a 422 (§7.3), nothing where that names no interval of use."""
    least = _least(response)
    return (("Session-Expires", str(max(least, INTERVAL))), ("Min-SE", str(least))) if least else ()


def _least(message: Message) -> int:
    try:
        return min(parse_number(message.get("Min-SE") or "", 2**31), _LONGEST)
    except SipSyntaxError:
        return 0


def _expires(message: Message) -> tuple[int, str | None] | None:
    text = message.get("Session-Expires")
    if text is None:
        return None
    number, semicolon, rest = text.partition(";")
    try:
        seconds = min(parse_number(number, 2**31), _LONGEST)
        refresher = (parse_parameters(semicolon + rest).get("refresher") or "").lower()
    except SipSyntaxError:
        return None
    return seconds, refresher if refresher in ("uac", "uas") else None


class SessionTimer:
    """Of one call."""

    __slots__ = ("_allows_update", "_expiry", "_agent", "_leg", "_refresh", "terms")

    def __init__(self, agent: AgentServices, leg: CallLeg) -> None:
        self.terms: Terms | None = None
        self._agent = agent
        self._leg = leg
        self._refresh: Timer | None = None
        self._expiry: Timer | None = None
        self._allows_update = False

    def note(self, message: Message) -> None:
        """What the peer says that it can do."""
        if "Allow" in message.headers:
            self._allows_update = "UPDATE" in message.members("Allow")

    def start(self, terms: Terms | None, now: float) -> None:
        """From now on this holds: the session has just been refreshed."""
        self.stop()
        self.terms = terms
        if terms is None:
            return
        schedule = self._agent.timers.schedule
        if terms.ours:
            self._refresh = schedule(now + terms.seconds / 2, self._on_refresh)
        margin = min(32.0, terms.seconds / 3)  # §10
        self._expiry = schedule(now + terms.seconds - margin, self._on_expiry)

    def stop(self) -> None:
        """The call is over."""
        for timer in (self._refresh, self._expiry):
            if timer is not None:
                self._agent.timers.cancel(timer)
        self._refresh = self._expiry = None

    def headers(self) -> Headers:
        """Of a re-INVITE or UPDATE of ours: the same terms again."""
        if self.terms is None:
            return ()
        refresher = "uac" if self.terms.ours else "uas"
        return (
            ("Supported", TAG),
            ("Session-Expires", f"{self.terms.seconds};refresher={refresher}"),
            ("Min-SE", str(MIN_SE)),
        )

    def _on_refresh(self, now: float) -> None:
        self._refresh = None
        if not self._allows_update:
            self._leg.offer_again(now)
            return
        dialog = self._leg.dialog
        if dialog is not None:
            update = dialog.request("UPDATE", self._agent.branch())
            update.extend(self.headers())
            hop = dialog.next_hop
            self._agent.transactions.request(update, hop, self._leg.local, _Refresh(self._leg), now)

    def _on_expiry(self, now: float) -> None:
        self._expiry = None
        self._leg.hang_up(now, "lost")


class _Refresh:
    """Waits for the answer to our UPDATE."""

    __slots__ = ("_leg",)

    def __init__(self, leg: CallLeg) -> None:
        self._leg = leg

    def on_response(self, response: Response, now: float) -> None:
        if response.status < 200 or self._leg.state == "ended":
            return
        if response.status < 300:
            if self._leg.dialog is not None:
                self._leg.dialog.refresh_target(response)  # RFC 3311 §5.1
            self._leg.refreshed_by(response, now)
        elif response.status in (408, 481):
            self._leg.hang_up(now, "lost")
        else:
            self._leg.offer_again(now)

    def on_timeout(self, now: float) -> None:
        if self._leg.state != "ended":
            self._leg.hang_up(now, "lost")
