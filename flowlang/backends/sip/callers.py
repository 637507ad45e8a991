"""Who calls whom, as a script sees it: from the INVITE, and what the operator says of trunk and account.

The callee is the Request-URI, never the To header, a number as the trunk's rules write it. A phone has no say
in its number; a trunk is believed what it asserts (RFC 3325), and who sent the call on to us (RFC 5806, RFC
7044), where it is trusted, and nobody else.
"""

from __future__ import annotations

from flowlang.backends.border import CallHost, Incoming
from flowlang.model.addresses import is_e164
from flowlang.model.observations import Refused
from flowlang.sip import Account, Admitted, SipSyntaxError
from flowlang.sip.headers import NameAddr, parse_name_addr
from flowlang.sip.message import Request
from flowlang.sip.uri import Uri

from .harmless import address_text, display_name, printable
from .trunks import SipTrunk, rewritten

_HIDES = frozenset({"id", "user"})
_NOBODY = "anonymous.invalid"
_MOST_PRIVACY = 4  # headers that are looked at
_MOST_ENTRIES = 20  # of History-Info that are looked at


def incoming_of(
    request: Request,
    origin: Admitted | None,
    account: Account | None,
    trunk: SipTrunk | None,
    realm: str,
    leg_id: str,
) -> Incoming:
    """What the engine is offered; `account` or `trunk` is whose call it is, where it is one's."""
    caller = request.from_
    trusted = trunk is not None and trunk.trusted
    asserted = _asserted(request) if trusted else None
    diverted = _diverting(request) if trusted else None
    caller = asserted or caller
    source, name = _number(caller.uri, trunk), display_name(caller)
    if account is not None:
        source = account.number or account.address(realm)
        name = account.name or name
    return Incoming(
        "call",
        _number(request.target, trunk),
        source,
        leg_id,
        name,
        via=None if origin is None else origin.name or None,
        call_id=printable(request.call_id),
        verified=account is not None or asserted is not None,
        diverted_from=None if diverted is None else _number(diverted.uri, trunk),
        anonymous=_is_anonymous(request),
    )


def tell_refused(host: CallHost, incoming: Incoming, status: int, why: str) -> None:
    """No flow has the call, and no flow was asked."""
    ends = incoming.source, incoming.to
    host.observe(Refused(host.now(), "call", *ends, status, why, incoming.id, incoming.call_id))


def _number(uri: Uri, trunk: SipTrunk | None) -> str:
    """The address, as the trunk's rules make an E.164 number of it."""
    address = address_text(uri)
    if trunk is None or not trunk.numbers_in:
        return address
    user = uri.user_text if uri.is_sip else uri.opaque.partition(";")[0]
    number = rewritten(user, trunk.numbers_in)
    return number if is_e164(number) else address


def _diverting(request: Request) -> NameAddr | None:
    """Who sent the call on last: the topmost Diversion (RFC 5806 §5), else who stands where the last entry of
    History-Info was mapped from (`mp`, RFC 7044 §10.4)."""
    try:
        values = request.members("Diversion")[:1]
        if values:
            return parse_name_addr(values[0])
        entries = [parse_name_addr(each) for each in request.members("History-Info")[-_MOST_ENTRIES:]]
    except SipSyntaxError:
        return None
    mapped = next((each.parameters["mp"] for each in reversed(entries) if "mp" in each.parameters), None)
    return next((each for each in entries if mapped and each.parameters.get("index") == mapped), None)


def _is_anonymous(request: Request) -> bool:
    """Whether the caller asks not to be shown to others: by Privacy (RFC 3323 §4.2, RFC 3325 §9.3), or by a
    From that is nobody's (RFC 3323 §4.1.1.3)."""
    wanted = ";".join(request.headers.get("Privacy", ())[:_MOST_PRIVACY]).replace(",", ";").lower().split(";")
    if request.from_.uri.host.lower().endswith(_NOBODY):
        return True
    return any(each.strip() in _HIDES for each in wanted)


def _asserted(request: Request) -> NameAddr | None:
    """The first of P-Asserted-Identity that reads as an address."""
    try:
        values = request.members("P-Asserted-Identity")[:2]  # RFC 3325 §9.1: two at most
        return parse_name_addr(values[0]) if values else None
    except SipSyntaxError:
        return None
