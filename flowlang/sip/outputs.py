"""What an agent gives back: bytes to send and events, two closed vocabularies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from flowlang.model.causes import HangupCause
from flowlang.sip.address import Address
from flowlang.sip.message import Request, Response
from flowlang.sip.sdp import SessionDescription

if TYPE_CHECKING:
    from flowlang.sip.incoming import IncomingCall
    from flowlang.sip.leg import CallLeg
    from flowlang.sip.outgoing import OutgoingCall
    from flowlang.sip.registrar.registration import Registration

Side = Literal["local", "remote"]
RegistrationState = Literal["trying", "registered", "failed", "ended"]


class Send(NamedTuple):
    """Put `data` on the wire to `destination`, from the socket that faces it as `local`."""

    data: bytes
    destination: Address
    local: Address


@dataclass(frozen=True, slots=True)
class CallOffered:
    """A new INVITE, answered with no more than 100. It wants the place of `replaces`, where that is one (RFC
    3891)."""

    call: IncomingCall
    replaces: CallLeg | None = None


@dataclass(frozen=True, slots=True)
class InviteRefused:
    """A new INVITE was refused by the agent itself, and there is no call. Told once, of somebody who may call
    here, or is refused at an open listener. Not told: an INVITE that cannot be read (answered without state),
    one that came before by another path, and those of strangers, whom `UserAgent.strangers` counts."""

    request: Request
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallConfirmed:
    """The ACK for our 200 came. `answer` is its SDP if the offer was ours, else None."""

    call: IncomingCall
    answer: SessionDescription | None


@dataclass(frozen=True, slots=True)
class CallReoffered:
    """The peer's re-INVITE, or the offer in his UPDATE or PRACK, was answered by `call.negotiate`, the
    latter two maybe before the call was. Where `offer` is None the offer was ours; its answer comes in the
    ACK and is then told as `CallReanswered`."""

    call: CallLeg
    offer: SessionDescription | None
    answer: SessionDescription


@dataclass(frozen=True, slots=True)
class CallReanswered:
    """An offer of ours inside the call, in a re-INVITE or in our 200 to one of the peer's, was answered
    (`status` 200), or it was refused or not answered and nothing changes (`answer` None)."""

    call: CallLeg
    answer: SessionDescription | None
    status: int


@dataclass(frozen=True, slots=True)
class InfoReceived:
    """INFO inside a call (RFC 6086), answered 200."""

    call: CallLeg
    content_type: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """The peer asks by REFER that we call `target`, a URI, in his place; it was answered 202. `replaces` is
    the dialog to replace there (RFC 3891). `call.report_transfer` tells him what came of it."""

    call: CallLeg
    target: str
    replaces: str | None


@dataclass(frozen=True, slots=True)
class TransferAnswered:
    """What became of the transfer that we asked for: the final status of the peer's own call, or that which
    refused our REFER."""

    call: CallLeg
    status: int


@dataclass(frozen=True, slots=True)
class CallProgressed:
    """An outgoing call got a provisional response above 100; `sdp` is early media."""

    call: OutgoingCall
    status: int
    sdp: SessionDescription | None


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """An outgoing call was answered; the ACK has gone out. `answer` is None if the peer gave no SDP."""

    call: OutgoingCall
    answer: SessionDescription | None


@dataclass(frozen=True, slots=True)
class CallForked:
    """Another callee answered the same outgoing call; it got ACK and BYE at once (RFC 3261 §13.2.2.4)."""

    call: OutgoingCall
    response: Response


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over: once a call. `status` is the final response that ended it, if one did; `response` that
    response itself, where it refused a call of ours."""

    call: CallLeg
    cause: HangupCause
    by: Side
    status: int | None = None
    response: Response | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """We are registered at a trunk now, or no more; `status` is the final response, 408 for none."""

    registration: Registration
    state: RegistrationState
    status: int


Event = (
    CallOffered
    | InviteRefused
    | CallConfirmed
    | CallReoffered
    | CallReanswered
    | InfoReceived
    | TransferAsked
    | TransferAnswered
    | CallProgressed
    | CallAnswered
    | CallForked
    | CallEnded
    | RegistrationChanged
)
Output = Send | Event
