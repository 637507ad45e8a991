"""One incoming call as a leg: what the engine asks of it and what its peer does with it.

Rules
- The RTP port is opened for the first answer that has a description in it (183 or 200) and freed at the end.
- A command is finished before the event that it causes is delivered; everything that cannot be finished any
  more is, as `gone`, after `CallEnded` was.
- `LegEnded` is observed and `CallEnded` delivered once a leg, whoever ends it; then nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import trio

from flowlang.backends.border import Finish, Host, Inbox
from flowlang.backends.media import MediaError, MediaPlane, MediaPort
from flowlang.model.cdr import Party
from flowlang.model.commands import Answer, BackendCommand, HangUp, Play, Reject, Ring, Say
from flowlang.model.events import CALLER_LEG, CallEnded, CallHeld, CallUnheld, DigitPressed, Event
from flowlang.model.observations import LegAnswered, LegEnded, LegRang
from flowlang.model.results import Done, Failed, Result
from flowlang.rtp import RandomBits
from flowlang.sip import HangupCause, IncomingCall, MediaSession, SessionDescription
from flowlang.sip.outputs import Side

from .audio import connect_audio
from .endpoint import Endpoint
from .names import printable
from .sounds import Sounds
from .speech import Speech

_LONGEST_REASON = 100
_BY_NETWORK = frozenset({"no_ack", "lost", "timeout"})

_GONE = Failed("gone", "the caller has left")


@dataclass(frozen=True, slots=True)
class Ground:
    """What all legs of a backend stand on."""

    host: Host
    endpoint: Endpoint
    plane: MediaPlane
    sounds: Sounds
    nursery: trio.Nursery
    random: RandomBits


class Over(Protocol):
    """Told when a leg is over."""

    def __call__(self, call: IncomingCall) -> None: ...


class SipLeg:
    """A `border.Leg`. The `on_…` methods are the backend's, which knows whose event it is."""

    def __init__(self, ground: Ground, call: IncomingCall, leg_id: str, over: Over) -> None:
        self.inbox: Inbox | None = None
        self._ground = ground
        self._call = call
        self._id = leg_id
        self._tell_over = over
        self._over = False
        self._answered = False
        self._held = False
        self._session: MediaSession | None = None
        self._port: MediaPort | None = None
        self._description: SessionDescription | None = None
        self._speech = Speech(ground.sounds, ground.nursery)

    # The engine's side

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """Begins a command, see `border.Leg`."""
        if self._over:
            finish(_GONE)
            return _nothing
        cancel = _nothing
        match command:
            case Say() | Play():
                failed = self._be_heard(command.early)
                if failed is None:
                    cancel = self._speech.add(command, finish)
                else:
                    finish(failed)
            case Answer():
                finish(self._answer() or Done())
            case Ring():
                self._ring()
                finish(Done())
            case Reject(status=status, reason=reason):
                finish(self._reject(status, reason))
            case HangUp(status=status):
                self._hang_up(status)
                finish(Done())
            case _:  # the backend does not list it among its commands, so that no such flow is loaded
                finish(Failed("not_supported", f"this backend has no `{command.name}`"))
        self._ground.endpoint.carry_out()
        return cancel

    def release(self) -> None:
        """The activeflow is over: nothing more is told to it."""
        self.inbox = None

    def lose(self) -> None:
        """The backend stops: end the call, without waiting for what the peer says to it."""
        self._call.hang_up(self._now, "lost")

    # The peer's side

    def on_answer(self, answer: SessionDescription | None) -> None:
        """An offer of ours in a 200 is answered by the ACK; `None` where it was not, or needs no answer."""
        if answer is None or self._session is None:
            return
        if self._session.read_answer(answer):
            self._connect()
        else:
            self._call.hang_up(self._now, "not_acceptable")

    def on_reoffered(self, offer: SessionDescription | None) -> None:
        """A re-INVITE or UPDATE was answered; without an offer, its answer comes with the ACK."""
        if offer is not None:
            self._connect()

    def on_ended(self, cause: HangupCause, by: Side, status: int | None) -> None:
        """The call is over."""
        self._over = True
        party: Party = "network" if cause in _BY_NETWORK else "us" if by == "local" else "caller"
        final = 200 if self._answered else status
        ground = self._ground
        ground.host.observe(LegEnded(ground.host.now(), self._id, party, cause, final))
        self._deliver(CallEnded(CALLER_LEG, cause))
        self._speech.end(_GONE)
        if self._port is not None:
            self._port.close()
        self.inbox = None
        self._tell_over(self._call)

    # What the commands do

    def _ring(self) -> None:
        if self._call.ring(self._now):
            self._ground.host.observe(LegRang(self._ground.host.now(), self._id))

    def _answer(self) -> Failed | None:
        if self._answered:
            return None
        description = self._describe()
        if isinstance(description, Failed):
            return description
        if not self._call.answer(description, self._now):
            return _GONE
        self._answered = True
        self._ground.host.observe(LegAnswered(self._ground.host.now(), self._id))
        if self._call.offer is not None:
            self._connect()
        return None

    def _be_heard(self, early: bool) -> Failed | None:
        """Have media: early media where the script wants that of an unanswered call, else by an answer.

        A caller who leaves the offer to us cannot hear anything early; what is said to him passes unheard.
        """
        if self._answered or not early:
            return self._answer()
        if self._description is not None:
            return None
        description = self._describe()
        if isinstance(description, Failed):
            return description
        if self._call.offer is None:
            if self._port is not None:
                self._speech.connect(self._port)
        elif not self._call.progress(description, self._now):
            return _GONE
        else:
            self._connect()
        return None

    def _reject(self, status: int, reason: str | None) -> Result:
        if self._answered:
            return Failed("answered", "the call is answered: `hangup` ends it")
        if not 300 <= status <= 699:
            return Failed("value", f"a call is refused with a status from 300 to 699, not {status}")
        self._call.reject(status, self._now, None if reason is None else printable(reason, _LONGEST_REASON))
        return Done()

    def _hang_up(self, status: int) -> None:
        if self._call.unanswered and 300 <= status <= 699:
            self._call.reject(status, self._now)
        else:
            self._call.hang_up(self._now)

    # Media

    def _describe(self) -> SessionDescription | Failed:
        """What we say of our media: an answer to the caller's offer, else an offer."""
        if self._description is None:
            try:
                session = self._session = self._open()
            except MediaError as error:
                self._call.reject(503, self._now)  # RFC 3261 §21.5.4: overload; a proxy tries elsewhere
                return Failed("no_rtp_port", str(error))
            self._description = session.negotiate(self._call.offer)
            self._call.negotiate = session.negotiate
        if self._description is None:  # the offer was tried before it was taken
            self._call.reject(488, self._now)
            return Failed("no_codec", "the caller's offer has no audio that we can speak")
        return self._description

    def _open(self) -> MediaSession:
        peer = self._call.peer.host
        facing = self._ground.endpoint.facing
        bound, told = facing.bound(peer), facing.told(peer)
        if bound is None or told is None:
            raise MediaError(f"no route leads to {peer}")
        self._port = self._ground.plane.open(bound)
        self._port.on_digit = self._on_digit
        return MediaSession(told, self._port.address[1], self._ground.random.getrandbits(62))

    def _connect(self) -> None:
        """Send to, and hear, what was agreed; tell of hold."""
        audio = None if self._session is None else self._session.audio
        if self._port is None or audio is None or self._over:
            return
        try:
            connect_audio(self._port, audio)
        except MediaError:
            self._call.hang_up(self._now, "not_acceptable")
            return
        self._speech.connect(self._port)
        if audio.held != self._held:
            self._held = audio.held
            self._deliver(CallHeld(CALLER_LEG) if audio.held else CallUnheld(CALLER_LEG))

    def _on_digit(self, digit: str) -> None:
        self._deliver(DigitPressed(CALLER_LEG, digit))

    # Inside

    @property
    def _now(self) -> float:
        return self._ground.endpoint.now()

    def _deliver(self, event: Event) -> None:
        if self.inbox is not None:
            self.inbox.deliver(event)


def _nothing() -> None:
    pass
