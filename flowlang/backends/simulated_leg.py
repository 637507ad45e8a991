"""A call leg without a network: what the simulator, the phone in the terminal and `flow test` share.

Engine's side it is a `Leg`; the far end's side is `press`, `hold`, `unhold`, `hang_up`. Speech takes time
and can be cut; several utterances are heard one after the other. Nothing here knows a clock or trio: the time
is the host's, and who places the call says how something is done `later` (see `live_leg` for trio).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from flowlang.model.causes import GOING_AWAY, MOVED, hangup_cause
from flowlang.model.cdr import Party
from flowlang.model.commands import (
    Answer,
    BackendCommand,
    Bridge,
    GiveBack,
    HangUp,
    Hold,
    Mute,
    PlaceCall,
    Play,
    Press,
    Record,
    Redirect,
    Reject,
    ReportTransfer,
    Ring,
    Say,
    StopRecording,
    TakePlace,
    Transfer,
)
from flowlang.model.digits import DIGITS
from flowlang.model.events import (
    CALLER_LEG,
    CallEnded,
    CallHeld,
    CallTransferred,
    CallUnheld,
    DigitPressed,
    Event,
    TransferAsked,
)
from flowlang.model.observations import LegAnswered, LegEnded, LegHeld, LegRang, LegTransferred
from flowlang.model.results import Done, Failed
from flowlang.model.values import SECOND

from .border import CallHost, Finish, Inbox, Incoming, Later, Leg, Refusal, nothing
from .pace import Pace, SoundFileError
from .simulated_recording import SimulatedRecording
from .simulated_states import Answered, Calling, Ended, Heard, LegState, PhoneError, Refused, Ringing, address

__all__ = [
    "SIMULATED_COMMANDS", "Answered", "Calling", "Ended", "Heard", "LegState", "Line", "PhoneError",
    "Refused", "Ringing", "SimulatedLeg", "address",
]  # fmt: skip

SIMULATED_COMMANDS = frozenset(
    each.name
    for each in (
        Answer, Bridge, HangUp, Hold, Mute, PlaceCall, Play, Press, Record, Redirect, Reject, ReportTransfer,
        Ring, Say, StopRecording, TakePlace, Transfer,
    )
)  # fmt: skip

_OK, _FORBIDDEN, _DECLINED = 200, 403, 603  # RFC 3261 §21
_OURS = "@localhost"  # see `address`


@dataclass(slots=True, eq=False)
class _Utterance:
    parts: deque[tuple[Literal["say", "play"], str]]
    finish: Finish


@dataclass(slots=True, eq=False)
class Line:
    """Of somebody with a phone: the leg at whose far end he is, another one after an attended transfer."""

    leg: SimulatedLeg


class SimulatedLeg:
    """One call that came in, both sides of it. `place` it; then watch `state` and `heard`. `watch` is called
    with each new state and each thing heard, at its beginning and at its end. `activeflow` is the id of the
    one that took the call."""

    def __init__(
        self,
        host: CallHost,
        later: Later,
        incoming: Incoming,
        pace: Pace,
        watch: Callable[[LegState | Heard], None] = lambda _change: None,
    ) -> None:
        self.line = Line(self)
        self.incoming = incoming
        self.far_end = incoming.source
        """Who is there, as an address."""
        self.state: LegState = Calling()
        self.activeflow: str | None = None
        self.held = False
        self.transferred: int | None = None
        self._transfer_to = ""
        self.heard: list[Heard] = []
        self._host = host
        self._later = later
        self._pace = pace
        self._watch = watch
        self._inbox: Inbox | None = None
        self._queue: deque[_Utterance] = deque()
        self._timer: Callable[[], None] | None = None
        self._recordings: dict[str, SimulatedRecording] = {}
        self._peer: SimulatedLeg | None = None
        self._muted = False
        self._started = host.now()
        self._answered = False

    # The far end.

    def place(self) -> None:
        """Offers the call to the engine, which takes it or refuses it."""
        taken = self._host.offer(self.incoming, self)
        if isinstance(taken, Refusal):
            self._refuse(taken.status)
        else:
            self._inbox = taken
            self.activeflow = taken.activeflow

    @property
    def over(self) -> bool:
        """Whether the call was refused or has ended."""
        return isinstance(self.state, Refused | Ended)

    @property
    def speaking(self) -> bool:
        """Whether something can be heard right now."""
        return bool(self._queue)

    def press(self, digits: str) -> None:
        """Presses keys, one right after the other. Raises `PhoneError` on a key that no phone has, and
        before the call is answered or anything could be heard."""
        self._require_media()
        if wrong := next((each for each in digits if each not in DIGITS), None):
            raise PhoneError(f"there is no key {wrong!r} on a phone; keys are 0-9, *, # and A-D")
        for digit in digits:
            self._deliver(DigitPressed(CALLER_LEG, digit))

    def hold(self) -> None:
        """Puts us on hold; twice is once."""
        self._require_media()
        if not self.held:
            self.held = True
            self._host.observe(LegHeld(self._host.now(), self.incoming.id, on=True))
            self._deliver(CallHeld(CALLER_LEG))

    def unhold(self) -> None:
        """Takes us off hold."""
        self._require_media()
        if self.held:
            self.held = False
            self._host.observe(LegHeld(self._host.now(), self.incoming.id, on=False))
            self._deliver(CallUnheld(CALLER_LEG))

    def transfer(self, to: str) -> None:
        """Asks that whoever is connected is connected with somebody else instead; `transferred` is what
        became of that, in SIP's terms."""
        self._require_media()
        self.transferred, self._transfer_to = None, to
        self._deliver(TransferAsked(CALLER_LEG, to))

    def transfer_to(self, other: SimulatedLeg) -> int:
        """Asks that whoever is connected here goes on with whoever is connected in another call of his (an
        attended transfer); what became of it, as in `transferred`."""
        self._require_media()
        self.transferred = status = self._join_those_of(other)
        return status

    def speak(self, text: str) -> None:
        """Says something: into what is recorded, and to whoever is connected."""
        self._require_media()
        seconds = self._pace.seconds("say", text)
        if self._muted:
            return
        for recording in tuple(self._recordings.values()):
            recording.hear(seconds)
        if self._peer is not None:
            self._peer.hear("person", text)

    def hear(self, kind: Literal["press", "person"], what: str) -> None:
        """Hears somebody who is connected, or keys, at once and to the end."""
        now = self._elapsed()
        self.heard.append(Heard(kind, what, now, now))
        self._tell(replace(self.heard[-1], until=None))
        self._tell(self.heard[-1])

    def hang_up(self) -> None:
        """Leaves; before the answer that cancels the call. After the end nothing happens."""
        self._leave("caller", "normal" if isinstance(self.state, Answered) else "cancelled")

    def lose(self) -> None:
        """Our process leaves: an unanswered call is refused."""
        if self._answered:
            self._leave("network", "lost")
        elif not self.over:
            self._refuse(GOING_AWAY)

    def changed(self) -> None:
        """Called whenever anything about the leg is other than before; for those who build on it."""

    # The engine's side.

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """Begins a command, see `border.Leg`."""
        if self.over:
            finish(Failed("gone", "the caller has left"))
            return nothing
        match command:
            case Say():
                return self._utter([("say", command.text)], command.early, finish)
            case Play():
                return self._utter([("play", file) for file in command.files], command.early, finish)
            case Answer():
                self._answer()
            case Ring(on=on):
                if on:
                    self._ring()
            case Reject() if self._answered:
                finish(Failed("answered", "the call is answered: `hangup` ends it"))
                return nothing
            case Reject():
                self._refuse(command.status)
            case HangUp() if self._answered:
                self._end("us", "normal", None)
            case HangUp():
                self._refuse(command.status)
            case Redirect():
                self._refuse(MOVED)
            case Record():
                return self._record(command, finish)
            case StopRecording(file=file):
                if file in self._recordings:
                    self._recordings[file].stop("stopped")
            case Mute(on=on):
                self._muted = on
            case Press(digits=digits):
                self.hear("press", digits)
            case Transfer(to=to):  # a phone that does what it is asked for
                self._host.observe(LegTransferred(self._host.now(), self.incoming.id, to))
                finish(Done({"status": 200}))
                self._leave("caller", "transferred")
                return nothing
            case ReportTransfer(status=status):
                self.transferred = status
                if status < 300:
                    self._host.observe(LegTransferred(self._host.now(), self.incoming.id, self._transfer_to))
                self.changed()
            case Hold() | PlaceCall() | Bridge() | TakePlace() | GiveBack():
                pass
        finish(Done())
        return nothing

    def bridge(self, other: Leg, *, early: bool = False) -> None:
        """Connects the two, and neither with anybody else."""
        if isinstance(other, SimulatedLeg) and not self.over and not other.over:
            for each in (self, other):
                if each._peer is not None:
                    each._peer._peer = None
            self._peer, other._peer = other, self

    def _record(self, command: Record, finish: Finish) -> Callable[[], None]:
        def over(result: Done) -> None:
            self._recordings.pop(command.file, None)
            finish(result)

        self._answer()
        recording = SimulatedRecording(self._host.now, self._later, command, over)
        self._recordings[command.file] = recording
        return lambda: recording.stop("stopped")

    def release(self) -> None:
        """The activeflow is over: nothing more is told to it."""
        self._inbox = None

    def _join_those_of(self, other: SimulatedLeg) -> int:
        partner = other._peer
        if partner is None or self._peer in (None, other) or self._inbox is None:
            return _DECLINED
        if not (self._answered and partner._answered and other._answered):
            return _DECLINED
        extension = partner.far_end.removeprefix("sip:").removesuffix(_OURS)
        names = (each for each in (extension, partner.far_end) if self._inbox.why_refused(each) is None)
        to = next(names, None)
        if to is None:
            return _FORBIDDEN
        self._transfer_to = to
        self._host.observe(LegTransferred(self._host.now(), self.incoming.id, to))
        self._stop_speech()
        partner._stop_speech()
        self._trade(partner)
        partner.transferred = _OK  # it is his who asked now
        other._part()
        partner._part()
        self._speak()
        self._deliver(CallTransferred(CALLER_LEG, to))
        return _OK

    def _trade(self, other: SimulatedLeg) -> None:
        """Who is at the far end of each is at that of the other from now on, with all that he heard, and all
        that records have of him."""
        self.line, other.line = other.line, self.line
        self.line.leg, other.line.leg = self, other
        self.incoming, other.incoming = other.incoming, self.incoming
        self.far_end, other.far_end = other.far_end, self.far_end
        self.held, other.held = other.held, self.held
        self.heard, other.heard = other.heard, self.heard
        self._watch, other._watch = other._watch, self._watch
        self._started, other._started = other._started, self._started

    def _part(self) -> None:
        """Those whom it connected are connected without it."""
        inbox = self._inbox
        if not self.over:
            self._end("us", "transferred", None)
            if inbox is not None:
                inbox.deliver(CallEnded(CALLER_LEG, "transferred"))

    # What changes.

    def _ring(self) -> None:
        if isinstance(self.state, Calling):
            self._host.observe(LegRang(self._host.now(), self.incoming.id))
            self._become(Ringing())

    def _answer(self) -> None:
        if not isinstance(self.state, Answered):
            self._answered = True
            self._host.observe(LegAnswered(self._host.now(), self.incoming.id))
            self._become(Answered())

    def _refuse(self, status: int) -> None:
        self._end("us", hangup_cause(status), status)

    def _leave(self, by: Party, cause: str) -> None:
        if not self.over:
            self._end(by, cause, 487 if cause == "cancelled" else None)  # RFC 3261 section 9.2

    def _end(self, by: Party, cause: str, status: int | None) -> None:
        gone = [utterance.finish for utterance in self._queue]
        for recording in tuple(self._recordings.values()):
            recording.stop("stopped")
        if self._peer is not None:
            self._peer._peer = self._peer = None
        self._stop_speech()
        self._queue.clear()
        self._become(Refused(status) if by == "us" and status is not None else Ended(by, cause))
        final = 200 if self._answered else status
        self._host.observe(LegEnded(self._host.now(), self.incoming.id, by, cause, final))
        if by != "us":
            self._deliver(CallEnded(CALLER_LEG, cause))
        for finish in gone:
            finish(Failed("gone", "the caller has left"))

    def _become(self, state: LegState) -> None:
        self.state = state
        self._tell(state)

    def _tell(self, change: LegState | Heard) -> None:
        self._watch(change)
        self.changed()

    def _deliver(self, event: Event) -> None:
        if self._inbox is not None:
            self._inbox.deliver(event)

    def _require_media(self) -> None:
        if self.over:
            raise PhoneError("the call is over")
        if not isinstance(self.state, Answered) and not self.heard:
            raise PhoneError("the call is not answered yet")

    # Speech: `_queue[0]` is heard while `_timer` is set.

    def _utter(
        self, parts: list[tuple[Literal["say", "play"], str]], early: bool, finish: Finish
    ) -> Callable[[], None]:
        try:
            for kind, what in parts:
                self._pace.seconds(kind, what)
        except SoundFileError as error:
            finish(Failed(error.code, str(error)))
            return nothing
        if not early:
            self._answer()
        utterance = _Utterance(deque(parts), finish)
        self._queue.append(utterance)
        if self._timer is None:
            self._speak()
        return lambda: self._cancel(utterance)

    def _speak(self) -> None:
        """Begins the next part of the first utterance; one that has none left is done."""
        while self._timer is None and self._queue and not self._queue[0].parts:
            done = self._queue.popleft()
            self.changed()
            done.finish(Done())
        if not self._queue or self._timer is not None:
            return
        kind, what = self._queue[0].parts.popleft()
        self._timer = self._later(self._pace.seconds(kind, what), self._pass)
        self.heard.append(Heard(kind, what, self._elapsed()))
        self._tell(self.heard[-1])

    def _pass(self) -> None:
        """One part was heard to its end."""
        self._timer = None
        self._close_heard(cut=False)
        self._speak()

    def _cancel(self, utterance: _Utterance) -> None:
        if utterance not in self._queue:
            return
        if utterance is self._queue[0]:
            self._stop_speech()
        self._queue.remove(utterance)
        self.changed()
        if self._timer is None:
            self._speak()

    def _stop_speech(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None
            self._close_heard(cut=True)

    def _close_heard(self, cut: bool) -> None:
        self.heard[-1] = replace(self.heard[-1], until=self._elapsed(), cut=cut)
        self._tell(self.heard[-1])

    def _elapsed(self) -> float:
        return (self._host.now() - self._started) / SECOND
