"""One call leg: what the engine asks of any, and transfers. Its media are in `leg_media`; `incoming_leg` and
`outgoing_leg` have what each does in its own way.

Rules
- A command is finished before the event that it causes is delivered; everything that cannot be finished any
  more is, as `gone`, after `CallEnded` was.
- `LegEnded` is observed and `CallEnded` delivered once a leg, whoever ends it; then nothing of it is kept.
- What the peer of a bridged leg offers is answered here and never relayed.
"""

from __future__ import annotations

from collections.abc import Callable

from flowlang.backends.border import Finish, Inbox, Leg, nothing
from flowlang.model.cdr import Party
from flowlang.model.commands import (
    Answer,
    BackendCommand,
    HangUp,
    Hold,
    Mute,
    Play,
    Press,
    Record,
    Redirect,
    Reject,
    ReportTransfer,
    Ring,
    Say,
    StopRecording,
    Transfer,
)
from flowlang.model.events import (
    CALLER_LEG,
    CallEnded,
    CallTransferred,
    Event,
    TransferAsked,
)
from flowlang.model.observations import LegEnded, LegTransferred
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import is_secret
from flowlang.sip import (
    CallConfirmed,
    CallReanswered,
    CallReoffered,
    HangupCause,
    InfoReceived,
    SipSyntaxError,
    TransferAnswered,
)
from flowlang.sip import CallEnded as SipCallEnded
from flowlang.sip import Event as SipEvent
from flowlang.sip import TransferAsked as SipTransferAsked
from flowlang.sip.outputs import Side

from . import attended
from .ground import Ground
from .harmless import transfer_target, uri_of
from .left_over import dialog_to_plain
from .leg_media import GONE, LegMedia

_BY_NETWORK = frozenset({"no_ack", "lost", "timeout"})
_OK, _FORBIDDEN, _DECLINED = 200, 403, 603  # RFC 3261 §21


class SipLeg(LegMedia):
    """A `border.BridgingLeg`. `chain` is how many legs of ours stand before it, `hops` how many hops a call
    that is placed for it may take (RFC 3261 §16.6 step 3)."""

    party: Party = "caller"
    """Who it is in records."""

    def __init__(self, ground: Ground, leg_id: str) -> None:
        super().__init__(ground, leg_id)
        self.chain = 0
        self.hops = 70
        self.far_end = ""
        """Who is there, as an address."""
        self.also: tuple[str, ...] = ()
        """Under which addresses he is called besides."""
        self.pretends: Callable[[], bool] = lambda: False
        """Whether he says that he is an account of ours, and has not shown its password."""
        self.call_id: str | None = None
        """The Call-ID, where the record does not have it yet."""
        self._calls_as_secret = False
        """Whether the caller id that we show there is a secret."""
        self._transferring: Finish | None = None
        self._transfer_to = ""
        self._when_confirmed: Callable[[], None] = nothing

    # The engine's side

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """Begins a command, see `border.Leg`."""
        if self._over:
            finish(GONE)
            return nothing
        cancel = nothing
        match command:
            case Say() | Play():
                failed = self._be_heard(command.early)
                if failed is None:
                    cancel = self._speech.add(command, finish)
                else:
                    finish(failed)
            case HangUp(status=status):
                self._hang_up(status)
                finish(Done())
            case Ring(on=on) if self._answered:
                self._ringing = on
                self._choose_behind()
                finish(Done())
            case Hold(on=on):
                self._park(on=on)
                finish(Done())
            case Mute(on=on):
                self._muted = on
                self._choose_behind()
                finish(Done())
            case Press(digits=digits):
                self._press(digits, finish)
            case Transfer(to=to):
                self._transfer(to, finish)
            case ReportTransfer(status=status):
                self._report_transfer(status)
                finish(Done())
            case Record():
                cancel = self._record(command, finish)
            case StopRecording(file=file):
                self._recordings.stop(file)
                finish(Done())
            case Answer() | Ring() | Reject() | Redirect():
                finish(self._before_answer(command))
            case _:  # the backend does not list it among its commands, so that no such flow is loaded
                finish(Failed("not_supported", f"this backend has no `{command.name}`"))
        self._ground.endpoint.carry_out()
        return cancel

    def bridge(self, other: Leg, *, early: bool = False) -> None:
        """Lets the two hear each other until one of them is over; a leg that is no SIP call stays alone."""
        if not isinstance(other, SipLeg) or self._over or other._over:
            return
        if early:
            self._be_heard(early=True)
            self._ground.endpoint.carry_out()
        self._connect_with(other, early=early)

    @property
    def id(self) -> str:
        """What names it in records."""
        return self._id

    def release(self) -> None:
        """The activeflow is over: nothing more is told to it."""
        self.inbox = None

    def lose(self) -> None:
        """The backend stops: end the call, without waiting for what the peer says to it."""
        if self.call is not None:
            self.call.hang_up(self.now, "lost")

    # The peer's side

    def on_event(self, event: SipEvent) -> None:
        """What the agent tells of a call of this leg."""
        match event:
            case CallConfirmed(_, answer) | CallReanswered(_, answer):
                # An offer of ours is answered, in the ACK too; `None` where it was not, or needed no answer.
                if answer is not None and self._session is not None:
                    if self._session.read_answer(answer):
                        self._connect()
                    elif self.call is not None:
                        self.call.hang_up(self.now, "not_acceptable")
                if self._offer_due:
                    self._offer()
                if isinstance(event, CallReanswered):
                    self._keep_dialog()  # the 2xx may have moved the target
                due, self._when_confirmed = self._when_confirmed, nothing
                due()
            case InfoReceived(_, kind, body):
                self._on_info(kind, body)
            case SipTransferAsked(_, target, replaces):
                self._on_transfer_asked(target, replaces)
            case TransferAnswered(_, status):
                self._on_transfer_answered(status)
            case CallReoffered(_, offer):
                if offer is not None:  # else its answer comes with the ACK
                    self._connect()
                if self._answered:
                    self._keep_dialog()
            case SipCallEnded(_, cause, by, status):
                self._on_ended(cause, by, status)
            case _:
                pass

    def _keep_dialog(self, answering: int | None = None, kept: Callable[[], None] = nothing) -> None:
        """What ends the call after a crash is kept; see `left_over`. `answering`: since then. `kept` is
        called when it is, or nothing has to be."""
        dialog = None if self.call is None or self._over else self.call.dialog
        keeper = self._ground.dialogs
        if dialog is None or keeper is None:
            kept()
        else:
            plain = dialog_to_plain(dialog)
            if answering is not None:
                plain["answering"] = answering
            keeper.keep_dialog(self._id, plain, kept, secret=self._is_hidden)

    @property
    def _is_hidden(self) -> bool:
        """Whether an address of the call is a secret."""
        return is_secret(self.far_end) or self._calls_as_secret

    def _on_ended(self, cause: HangupCause, by: Side, status: int | None) -> None:
        party: Party = "network" if cause in _BY_NETWORK else "us" if by == "local" else self.party
        self._end(party, cause, 200 if self._answered else status, CallEnded(CALLER_LEG, cause))

    def _end(self, by: Party, cause: str, status: int | None, event: Event | None) -> None:
        """It is over: told once, and nothing of it is kept."""
        self._over = True
        host = self._ground.host
        host.observe(LegEnded(host.now(), self._id, by, cause, status, self.call_id))
        if event is not None:
            self._deliver(event)
        if self._transferring is not None:
            self._transferring(GONE)
        self._end_media()
        self.inbox = None
        if self.call is not None:
            self._ground.leave(self.call)

    # Transfers

    def _transfer(self, to: str, finish: Finish) -> None:
        call = self.call
        if call is not None and call.state == "answered":  # until the ACK no request of ours may go out
            self._when_confirmed = lambda: self._transfer(to, finish)
            return
        self._transferring = finish
        try:
            sent = call is not None and call.transfer(uri_of(to, call.local.hostport), self.now)
        except SipSyntaxError:
            sent = False
        if not sent:
            self._transferring = None
            finish(Done({"status": 488}))

    def _on_transfer_answered(self, status: int) -> None:
        finish, self._transferring = self._transferring, None
        if finish is None:
            return
        finish(Done({"status": status}))
        if status < 300 and self.call is not None:
            self.call.hang_up(self.now, "transferred")

    def _on_transfer_asked(self, target: str, replaces: str | None) -> None:
        if replaces is not None and attended.is_ours(self._ground, replaces):
            status = self._join_those_of(replaces)
            if status != _OK:
                self._report_transfer(status)
            return
        to = transfer_target(target)
        if self.inbox is None or to is None:
            self._report_transfer(_DECLINED)
            return
        self._transfer_to = to
        self._deliver(TransferAsked(CALLER_LEG, to, replaces))

    def _join_those_of(self, replaces: str) -> int:
        """Attended: whom we are connected with goes on with whom he is connected with in his other call, if
        the activeflow of ours may call that one. The status of it; a 200 is reported already."""
        consulted = attended.consulted(self._ground, self, replaces)
        partner = None if consulted is None else consulted._bridged
        if consulted is None or not isinstance(partner, SipLeg) or partner is self:
            return _DECLINED
        if self._bridged is None or self._bridged is partner:
            return _DECLINED
        if not (self._answered and consulted._answered and partner._answered):
            return _DECLINED
        address = None if self.inbox is None else partner.address_for(self.inbox)
        if address is None:
            return _FORBIDDEN
        self._transfer_to = partner.far_end = address
        self._report_transfer(_OK)
        if consulted.call is not None:
            consulted.call.hang_up(self.now, "transferred")
        self._take_over(partner)
        self._deliver(CallTransferred(CALLER_LEG, self.far_end))
        return _OK

    @property
    def is_moving(self) -> bool:
        """Whether the script is sending its far end elsewhere."""
        return self._transferring is not None

    def address_for(self, inbox: Inbox) -> str | None:
        """Under which address the policies let an activeflow call whoever is there; `None` for none."""
        names = () if self.pretends() else (self.far_end, *self.also)
        return next((each for each in names if inbox.why_refused(each) is None), None)

    def give_place_to(self, newcomer: SipLeg) -> None:
        """Who called us as `newcomer`, and is answered, is at the far end of this leg from now on."""
        host = self._ground.host
        host.observe(LegTransferred(host.now(), self._id, newcomer.far_end))
        self._take_over(newcomer)
        self._deliver(CallTransferred(CALLER_LEG, self.far_end))

    def _take_over(self, other: SipLeg, cause: HangupCause = "transferred", status: int = _OK) -> None:
        """The call of another leg is this one's from now on, and so is all that its record has of it; ours
        ends, and so does the other leg, in the name of ours."""
        self._id, other._id = other._id, self._id
        self.party, other.party = other.party, self.party
        self.call_id, other.call_id = other.call_id, self.call_id
        before, self.call, other.call = self.call, other.call, None
        for call in (before, self.call):
            if call is not None:
                self._ground.leave(call)
        if before is not None:
            before.hang_up(self.now, "transferred")
        if self.call is not None:
            self._ground.enter(self.call, self)
        self.far_end, self.also, self.pretends = other.far_end, other.also, other.pretends
        self._calls_as_secret = other._calls_as_secret
        self._take_media_of(other)
        self._keep_dialog()
        other._end("us", cause, status, CallEnded(CALLER_LEG, cause))
        self._rejoin()

    def _report_transfer(self, status: int) -> None:
        if self.call is not None and self.call.report_transfer(status, self.now) and 200 <= status < 300:
            host = self._ground.host
            host.observe(LegTransferred(host.now(), self._id, self._transfer_to))

    # What an incoming and an outgoing leg do each in their own way

    def _before_answer(self, command: Answer | Ring | Reject | Redirect) -> Result:
        raise NotImplementedError

    def _hang_up(self, status: int) -> None:
        raise NotImplementedError
