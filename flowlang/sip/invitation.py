"""What a call of ours begins with, and the INVITE made of it (RFC 3261 §8.1.1, §13.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.sip import session_timer
from flowlang.sip.address import Address
from flowlang.sip.body import SDP_TYPE
from flowlang.sip.dialog import name_addr_text, via_of
from flowlang.sip.digest import realm_of
from flowlang.sip.judge import ALLOW, SUPPORTED
from flowlang.sip.message import Headers, Request
from flowlang.sip.sdp import SessionDescription
from flowlang.sip.services import AgentServices
from flowlang.sip.uri import parse_uri

MAX_FORWARDS = 70  # §20.22


@dataclass(frozen=True, slots=True)
class Invitation:
    """`target` is the Request-URI, `caller` a URI or `"Name" <uri>`; without `offer` the callee is to offer.
    `max_forwards` is how many hops the call may take from here."""

    target: str
    caller: str
    offer: SessionDescription | None = None
    max_forwards: int = MAX_FORWARDS
    headers: tuple[tuple[str, str], ...] = ()

    def request(self, agent: AgentServices, local: Address) -> Request:
        """The INVITE. ValueError where an address is none."""
        uri = parse_uri(self.target)
        if uri.headers is not None:
            raise ValueError("the URI of a call must not carry headers")
        offer = self.offer
        branch, tag, call_id = agent.branch(), agent.tag(), agent.token(12)
        built: Headers = {
            "Via": [via_of(local, agent.marked(branch, call_id))],
            "Max-Forwards": [str(self.max_forwards)],
            "From": [f"{name_addr_text(self.caller)};tag={tag}"],
            "To": [f"<{uri}>"],
            "Call-ID": [call_id],
            "CSeq": ["1 INVITE"],
            "Contact": [agent.contact(local, secure=uri.scheme == "sips")],
            "Allow": [ALLOW[1]],
            # A reliable offer of the callee's would want its answer in the PRACK: see `reliable`.
            "Supported": [SUPPORTED[1] if offer is not None else session_timer.TAG],
            "User-Agent": [agent.settings.product],
        }
        built |= {name: [value] for name, value in session_timer.OFFER}
        if offer is not None:
            built["Content-Type"] = [SDP_TYPE]
        request = Request("INVITE", self.target, built, b"" if offer is None else offer.encode())
        request.extend(self.headers)
        return request


def with_headers(
    request: Request, more: tuple[tuple[str, str], ...], number: int, branch: str, local: Address
) -> Request:
    """The same request once more, in a new transaction (§8.1.3.5): a new branch, the next CSeq number of its
    dialog, and more headers, in place of those of their names; credentials in place of those for their
    realm."""
    headers = {name: list(values) for name, values in request.headers.items()}
    headers["Via"] = [via_of(local, branch)]
    headers["CSeq"] = [f"{number} {request.method}"]
    for name, value in more:
        headers[name] = [value, *_others(name, value, request)]
    return Request(request.method, request.uri, headers, request.body)


def _others(name: str, value: str, request: Request) -> list[str]:
    """Credentials of the request for other realms (§22.3)."""
    if name not in ("Authorization", "Proxy-Authorization"):
        return []
    return [each for each in request.headers.get(name, ()) if realm_of(each) != realm_of(value)]


def reason_header(status: int, text: str) -> tuple[str, str]:
    """Why a call is ended (RFC 3326)."""
    return ("Reason", f'SIP;cause={status};text="{text}"')
