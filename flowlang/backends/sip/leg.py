"""One call leg: its media, and what the engine asks of any leg. `incoming_leg` and `outgoing_leg` have the
rest.

Rules
- A command is finished before the event that it causes is delivered; everything that cannot be finished any
  more is, as `gone`, after `CallEnded` was.
- `LegEnded` is observed and `CallEnded` delivered once a leg, whoever ends it; then nothing of it is kept.
- Two legs are bridged by their media ports alone: what the peer of one offers is answered here and never
  relayed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from flowlang.backends.border import Finish, Inbox, Leg
from flowlang.backends.media import MediaError, MediaPort, ringing_tone
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
    CallHeld,
    CallUnheld,
    DigitPressed,
    Event,
    TransferAsked,
)
from flowlang.model.observations import LegEnded, LegHeld, LegTransferred
from flowlang.model.results import Done, Failed, Result
from flowlang.sip import (
    CallConfirmed,
    CallLeg,
    CallReanswered,
    CallReoffered,
    HangupCause,
    InfoReceived,
    MediaSession,
    SipSyntaxError,
    TransferAnswered,
)
from flowlang.sip import CallEnded as SipCallEnded
from flowlang.sip import Event as SipEvent
from flowlang.sip import TransferAsked as SipTransferAsked
from flowlang.sip.outputs import Side

from .audio import connect_audio
from .ground import Ground
from .keys import key_of_info
from .names import transfer_target, uri_of
from .recordings import LegRecordings
from .speech import Speech

_BY_NETWORK = frozenset({"no_ack", "lost", "timeout"})

GONE = Failed("gone", "the caller has left")


class SipLeg:
    """A `border.BridgingLeg`. `chain` is how many legs of ours stand before it, `hops` how many hops a call
    that is placed for it may take (RFC 3261 §16.6 step 3)."""

    party: Party = "caller"
    """Who it is in records."""

    def __init__(self, ground: Ground, leg_id: str) -> None:
        self.inbox: Inbox | None = None
        self.call: CallLeg | None = None
        self.chain = 0
        self.hops = 70
        self._ground = ground
        self._id = leg_id
        self._over = False
        self._answered = False
        self._held = False
        self._muted = False
        self._session: MediaSession | None = None
        self._port: MediaPort | None = None
        self._bridged: SipLeg | None = None
        self._parked = False  # on hold by the script
        self._ringing = False  # hears the ringing tone
        self._offer_due = False
        self._keys_by_rtp = False
        self._transferring: Finish | None = None
        self._transfer_to = ""
        self._when_confirmed: Callable[[], None] = nothing
        self._speech = Speech(ground.sounds, ground.nursery)
        self._recordings = LegRecordings(ground.recordings, ground.plane.recorder)

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
        for one, two in ((self, other), (other, self)):
            one._part()
            one._bridged = two
            one._ringing = False
        if not early:  # who is not answered yet does not hear the caller either
            self._join()
        other._join()
        self._choose_behind()
        other._choose_behind()

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
            case SipCallEnded(_, cause, by, status):
                self._on_ended(cause, by, status)
            case _:
                pass

    def _on_ended(self, cause: HangupCause, by: Side, status: int | None) -> None:
        party: Party = "network" if cause in _BY_NETWORK else "us" if by == "local" else self.party
        self._end(party, cause, 200 if self._answered else status, CallEnded(CALLER_LEG, cause))

    def _end(self, by: Party, cause: str, status: int | None, event: Event | None) -> None:
        """It is over: told once, and nothing of it is kept."""
        self._over = True
        host = self._ground.host
        host.observe(LegEnded(host.now(), self._id, by, cause, status))
        if event is not None:
            self._deliver(event)
        self._speech.end(GONE)
        self._recordings.end()
        if self._transferring is not None:
            self._transferring(GONE)
        self._part()
        if self._port is not None:
            self._port.close()
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
        to = transfer_target(target)
        if self.inbox is None or to is None or replaces is not None:
            self._report_transfer(603)
            return
        self._transfer_to = to
        self._deliver(TransferAsked(CALLER_LEG, to))

    def _report_transfer(self, status: int) -> None:
        if self.call is not None and self.call.report_transfer(status, self.now) and 200 <= status < 300:
            host = self._ground.host
            host.observe(LegTransferred(host.now(), self._id, self._transfer_to))

    # What an incoming and an outgoing leg do each in their own way

    def _before_answer(self, command: Answer | Ring | Reject | Redirect) -> Result:
        raise NotImplementedError

    def _be_heard(self, early: bool) -> Failed | None:
        raise NotImplementedError

    def _hang_up(self, status: int) -> None:
        raise NotImplementedError

    # Media

    def _open(self, peer: str) -> tuple[MediaPort, str]:
        """A port that faces this peer, and our address as he is told it. Raises `MediaError`."""
        facing = self._ground.endpoint.facing
        bound, told = facing.bound(peer), facing.told(peer)
        if bound is None or told is None:
            raise MediaError(f"no route leads to {peer}")
        if self._port is None:
            self._port = self._ground.plane.open(bound)
            self._port.on_digit = self._on_digit
        return self._port, told

    def _describe_to(self, peer: str) -> MediaSession:
        """Our side of the media towards a peer. Raises `MediaError`."""
        port, told = self._open(peer)
        return MediaSession(told, port.address[1], self._ground.random.getrandbits(62))

    def _connect(self) -> None:
        """Send to, and hear, what was agreed; tell of hold."""
        audio = None if self._session is None else self._session.audio
        if self._port is None or audio is None or self._over:
            return
        try:
            connect_audio(self._port, audio)
        except MediaError:
            if self.call is not None:
                self.call.hang_up(self.now, "not_acceptable")
            return
        self._speech.connect(self._port)
        if audio.held != self._held:
            self._held = audio.held
            self._ground.host.observe(LegHeld(self._ground.host.now(), self._id, audio.held))
            self._deliver(CallHeld(CALLER_LEG) if audio.held else CallUnheld(CALLER_LEG))
            if self._bridged is not None:
                self._bridged._choose_behind()
        self._choose_behind()

    def _choose_behind(self) -> None:
        """What is heard where nothing is said, and whether the leg is."""
        if self._port is None:
            return
        other = self._bridged
        sound = None
        if self._parked or (other is not None and other._held):
            sound = self._ground.music
        elif self._ringing:
            sound = ringing_tone()
        self._port.play_behind(sound)
        self._port.muted = self._muted or self._parked

    def _park(self, *, on: bool) -> None:
        """Hold, or no more: he hears music, and nobody hears him (RFC 3264 §8.4)."""
        if self._session is None or on == self._parked:
            return
        self._parked = on
        self._session.wanted = "sendonly" if on else "sendrecv"
        self._choose_behind()
        self._offer()

    def _offer(self) -> None:
        """A re-INVITE with what we want now; later, where none may be sent yet."""
        if self.call is not None and self._session is not None:
            self._offer_due = not self.call.reoffer(self._session.offer(), self.now)

    def _press(self, digits: str, finish: Finish) -> None:
        failed = self._be_heard(early=False)
        if failed is not None or self._port is None:
            finish(failed or GONE)
            return
        try:
            self._port.send_digits(digits, lambda: finish(Done()))
        except MediaError as error:
            finish(Failed("no_keys", str(error)))

    def _record(self, command: Record, finish: Finish) -> Callable[[], None]:
        failed = self._be_heard(early=False)
        if failed is not None or self._port is None:
            finish(failed or GONE)
            return nothing
        return self._recordings.begin(command, self._port, finish)

    def _join(self) -> None:
        """Let the other leg hear what is said here."""
        other = self._bridged
        if self._port is not None and other is not None:
            self._port.pass_to(other._port)

    def _part(self) -> None:
        """Take the bridge down, on both sides."""
        other, self._bridged = self._bridged, None
        if self._port is not None:
            self._port.pass_to(None)
            self._choose_behind()
        if other is not None:
            other._part()

    def _on_digit(self, digit: str) -> None:
        self._keys_by_rtp = True
        self._deliver(DigitPressed(CALLER_LEG, digit))

    def _on_info(self, kind: str | None, body: bytes) -> None:
        """A key by INFO; from a phone that also sends telephone events those alone count."""
        digit = None if self._keys_by_rtp else key_of_info(kind, body)
        if digit is None:
            return
        self._deliver(DigitPressed(CALLER_LEG, digit))
        other = self._bridged
        if other is not None and other._port is not None:
            with suppress(MediaError):  # the other side takes none
                other._port.send_digits(digit)

    # Inside

    @property
    def now(self) -> float:
        """The agent's clock."""
        return self._ground.endpoint.now()

    def _deliver(self, event: Event) -> None:
        if self.inbox is not None:
            self.inbox.deliver(event)


def nothing() -> None:
    """Cancels what is over already."""
