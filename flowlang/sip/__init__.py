"""SIP without I/O: bytes and time in, bytes and events out. A section (§) without an RFC is one of RFC 3261.

One `UserAgent` holds transactions, dialogs and timers. It knows no socket, no clock and no source of chance;
the room above feeds it and carries out what it asks for:

    agent = UserAgent(Settings(t1=0.5), token=secrets.token_hex)    # token(n) -> 2n hex digits

    agent.receive(data, source, local, now)     # a datagram came; never raises for any bytes
    agent.tick(now)                             # fire what is due
    agent.next_deadline() -> float | None       # when to tick next
    for output in agent.drain():                # after each of the above, and after each method of a call
        Send(data, destination, local)          # put these bytes on the wire, from the socket that is `local`
        CallOffered(call, replaces)             # a new INVITE; call.offer is its SDP, or None: we offer
        InviteRefused(request, status, reason)  # a new INVITE that the agent refused by itself: no call
        CallConfirmed(call, answer)             # the ACK for our 200; `answer` is its SDP if we offered
        CallReoffered(call, offer, answer)      # `call.negotiate` answered a re-INVITE, UPDATE or PRACK
        CallReanswered(call, answer, status)    # our own re-INVITE was answered (status 200) or refused
        InfoReceived(call, content_type, body)  # INFO inside a call
        TransferAsked(call, target, replaces)   # REFER; `call.report_transfer(status, now)`
        TransferAnswered(call, status)          # our own `call.transfer(target, now)` is over
        CallProgressed(call, status, sdp)       # outgoing: 1xx above 100, with early media if it has SDP
        CallAnswered(call, answer)              # outgoing: 2xx; the ACK has gone out
        CallForked(call, response)              # outgoing: a 2xx of another callee; got ACK and BYE at once
        CallEnded(call, cause, by, status, response)    # exactly once a call, whatever happens; `HangupCause`
        RegistrationChanged(registration, state, status)    # `agent.register(trunk, local, now)`

`Address(host, port, transport="udp")` is an IP literal and a port. `local` is the address of ours that faces
the peer (it goes into Contact and Via), never an unspecified one.

An incoming call (`IncomingCall`). Each method returns False, and does nothing, where the call's state no
longer allows it (the caller has cancelled meanwhile), so that nobody has a race to win:

    call.ring(now)                              # 180, said again now and then, so that no proxy gives up
    call.progress(sdp, now)                     # 183 with early media
    call.answer(sdp, now)                       # 200 until the ACK; none in 64*T1: BYE, cause no_ack
    call.reject(status, now, reason=None, headers=())    # 3xx to 6xx
    call.hang_up(now, cause="normal")           # BYE; of an unanswered call 603 (no_answer: 480, failed: 500)
    call.reoffer(sdp, now)                      # a re-INVITE of ours
    call.negotiate = session.negotiate          # hook: offer -> answer, None -> our offer; None back is a 488
    call.request.uri, call.from_, call.to, call.call_id, call.state, call.peer, call.local

An outgoing call (`OutgoingCall`):

    invitation = Invitation("sip:desk@127.0.0.1", caller="sip:me@127.0.0.1", offer=sdp)
    call = agent.invite(invitation, destination, local, now, digest=DigestClient(credentials))
    call.hang_up(now)                           # CANCEL or BYE, as far as the call has come

SDP and offer/answer (RFC 3264), one `MediaSession` per leg:

    session = MediaSession(host, port, session_id)          # our RTP address that faces the peer
    session.answer(offer) -> SessionDescription | None      # None: nothing fits, reject with 488
    session.offer() -> SessionDescription
    session.read_answer(answer) -> bool
    session.audio -> AudioStream | None         # what was agreed: remote address, codec, payload types, ptime

`agent.registrar`, if set, answers REGISTER (`registrar/`); `agent.door`, if set, says whose an INVITE is, or
asks for a password (`digest/`), and `call.origin` is who came in; `agent.flood`, if set, drops what is too
much.

`agent.trace`, if set, is called with a `Trace` for every message in and out; `Trace.summary` ("200 OK
(INVITE)") is made when asked for. `len()` of `agent.transactions`, `agent.calls` and `agent.timers` is 0
again when a call has been over for 64*T1.
"""

from __future__ import annotations

from flowlang.model.causes import HangupCause
from flowlang.sip.address import Address
from flowlang.sip.agent import UserAgent
from flowlang.sip.digest import Challenged, Credentials, DigestClient, DigestGuard, Passed
from flowlang.sip.door import Admitted, Door, Limits, TrunkPeer
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.flood import Buckets
from flowlang.sip.incoming import IncomingCall
from flowlang.sip.invitation import Invitation, reason_header
from flowlang.sip.leg import CallLeg
from flowlang.sip.message import Message, Request, Response
from flowlang.sip.offer_answer import AudioStream, MediaSession
from flowlang.sip.outgoing import OutgoingCall
from flowlang.sip.outputs import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallForked,
    CallOffered,
    CallProgressed,
    CallReanswered,
    CallReoffered,
    Event,
    InfoReceived,
    InviteRefused,
    Output,
    RegistrationChanged,
    Send,
    TransferAnswered,
    TransferAsked,
)
from flowlang.sip.registrar import Account, Accounts, Contact, OwnAccount, Registrar, Registration
from flowlang.sip.sdp import SdpError, SessionDescription, parse_sdp
from flowlang.sip.status import reason_phrase
from flowlang.sip.timers import Settings
from flowlang.sip.trace import Trace

__all__ = [
    "Account",
    "Accounts",
    "Address",
    "Admitted",
    "AudioStream",
    "Buckets",
    "CallAnswered",
    "CallConfirmed",
    "CallEnded",
    "CallForked",
    "CallLeg",
    "CallOffered",
    "CallProgressed",
    "CallReanswered",
    "CallReoffered",
    "Challenged",
    "Contact",
    "Credentials",
    "DigestClient",
    "DigestGuard",
    "Door",
    "Event",
    "HangupCause",
    "IncomingCall",
    "InfoReceived",
    "Invitation",
    "InviteRefused",
    "Limits",
    "MediaSession",
    "Message",
    "OutgoingCall",
    "Output",
    "OwnAccount",
    "Passed",
    "Registrar",
    "Registration",
    "RegistrationChanged",
    "Request",
    "Response",
    "SdpError",
    "Send",
    "SessionDescription",
    "Settings",
    "SipSyntaxError",
    "Trace",
    "TransferAnswered",
    "TransferAsked",
    "TrunkPeer",
    "UserAgent",
    "parse_sdp",
    "reason_header",
    "reason_phrase",
]
