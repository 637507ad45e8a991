"""One call of a pyVoIP phone, as a leg.

Rules: what may block is done by the backend's worker, in the order asked for; what pyVoIP's threads tell
comes in by `on`, on trio's thread. pyVoIP rings by itself as soon as a call comes, and has no early media.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import trio

from flowlang.backends.border import CallHost, Finish, Inbox, Leg, nothing
from flowlang.backends.media import Ended, Prompt
from flowlang.backends.media.sounds import Sounds
from flowlang.backends.media.speech import Playing, Speech
from flowlang.model.causes import GOING_AWAY, hangup_cause
from flowlang.model.cdr import Party
from flowlang.model.commands import Answer, BackendCommand, HangUp, Play, Reject, Ring, Say
from flowlang.model.events import (
    CALLER_LEG,
    CallAnswered,
    CallEnded,
    CallRefused,
    CallRinging,
    DigitPressed,
    Event,
)
from flowlang.model.observations import LegAnswered, LegEnded, LegRang
from flowlang.model.results import Done, Failed, Result

from .news import Answered, Call, Came, Digit, Left, News, Rang, Refused

_GONE = Failed("gone", "the caller has left")


class Ground(Protocol):
    """What legs stand on: the backend."""

    sounds: Sounds
    nursery: trio.Nursery

    @property
    def host(self) -> CallHost:
        """The engine."""
        ...

    def work(self, act: Callable[[], None], done: Callable[[OSError | None], None] | None = None) -> None:
        """Lets the worker do it, and tells how that went."""
        ...

    def soon(self, act: Callable[[], None]) -> None:
        """Does it on trio's thread; called in any."""
        ...

    def forget(self, leg: PyVoipLeg) -> None:
        """It is over."""
        ...


class PyVoipLeg:
    """A `border.BridgingLeg` that cannot be bridged: no flow that needs that is loaded. `call` is `None`
    until the phone has begun to call."""

    def __init__(self, ground: Ground, leg_id: str, call: Call | None, party: Party) -> None:
        self.call = call
        self.inbox: Inbox | None = None
        self._ground = ground
        self.id = leg_id
        self._party: Party = party
        self._over = False
        self._rang = False
        self._answered = False
        self._answering: list[Finish] = []
        self._speech = Speech(ground.sounds, ground.nursery)

    # The engine's side

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """Begins a command, see `border.Leg`."""
        if self._over:
            finish(_GONE)
            return nothing
        match command:
            case Say() | Play():
                return self._speak(command, finish)
            case Answer():
                self._answer(finish)
            case HangUp(status=status):
                self._hang_up(status)
                finish(Done())
            case Ring():
                finish(Done())
            case Reject(status=status):
                finish(self._reject(status))
            case _:  # not among the backend's commands, so that no such flow is loaded
                finish(Failed("not_supported", f"pyVoIP has no `{command.name}`"))
        return nothing

    def bridge(self, other: Leg, *, early: bool = False) -> None:
        """Not with pyVoIP."""

    def release(self) -> None:
        """The activeflow is over: nothing more is told to it."""
        self.inbox = None

    def refuse(self, status: int) -> None:
        """No flow takes it."""
        self._give_up(status)
        self._end("us", hangup_cause(status), status, None)

    def lose(self) -> None:
        """The backend stops, and the phone hangs up."""
        if not self._over:
            status = 200 if self._answered else GOING_AWAY
            self._end("network", "lost", status, CallEnded(CALLER_LEG, "lost"))

    def fail(self, reason: str) -> None:
        """The phone could not call."""
        self._refused(0, "network", reason)

    # The other side

    def on(self, news: News) -> None:
        """What pyVoIP told of the call."""
        if self._over:
            return
        match news:
            case Came():
                self._ring()
            case Rang() if not self._rang:
                self._ring()
                self._deliver(CallRinging(CALLER_LEG))
            case Answered():
                self._be_up()
                self._deliver(CallAnswered(CALLER_LEG))
            case Refused(status):
                self._refused(status, "callee")
            case Left(cancelled):
                cause = "cancelled" if cancelled else "normal"
                status = 487 if cancelled else 200
                self._end(self._party, cause, status, CallEnded(CALLER_LEG, cause))
            case Digit(digit):
                self._deliver(DigitPressed(CALLER_LEG, digit))
            case _:
                pass

    # Inside

    def _ring(self) -> None:
        self._rang = True
        self._ground.host.observe(LegRang(self._ground.host.now(), self.id))

    def _speak(self, command: Say | Play, finish: Finish) -> Callable[[], None]:
        if not self._answered and command.early:
            finish(Failed("not_supported", "pyVoIP has no early media: answer first"))
            return nothing
        if not self._answered:
            self._answer(_ignore)
        return self._speech.add(command, finish)

    def _answer(self, finish: Finish) -> None:
        if self._answered:
            finish(Done())
        elif self._party == "callee" or self.call is None:
            finish(Failed("value", "`answer` is for a call that came in"))
        else:
            self._answering.append(finish)
            if len(self._answering) == 1:
                self._ground.work(self.call.accept, self._on_accepted)

    def _on_accepted(self, error: OSError | None) -> None:
        answering, self._answering = self._answering, []
        result: Result = Done() if error is None else Failed("no_rtp_port", str(error))
        if self._over:
            result = _GONE
        elif error is None:
            self._be_up()
        for finish in answering:
            finish(result)
        if error is not None and not self._over:
            self.refuse(GOING_AWAY)

    def _be_up(self) -> None:
        self._answered = True
        self._ground.host.observe(LegAnswered(self._ground.host.now(), self.id))
        if self.call is not None:
            self._speech.connect(_Mouth(self.call, self._ground.soon))

    def _reject(self, status: int) -> Result:
        if self._answered or self._answering:
            return Failed("answered", "the call is answered: `hangup` ends it")
        if not 400 <= status <= 699:
            return Failed("value", f"a call is refused with a status from 400 to 699, not {status}")
        self._hang_up(status)
        return Done()

    def _hang_up(self, status: int) -> None:
        up = self._answered or bool(self._answering)
        self._give_up(status)
        if up:
            self._end("us", "normal", 200, CallEnded(CALLER_LEG, "normal"))
        elif self._party == "callee":
            self._end("us", "cancelled", 487, None)
        else:
            cause = hangup_cause(status)
            self._end("us", cause, status, CallEnded(CALLER_LEG, cause))

    def _refused(self, status: int, by: Party, reason: str = "") -> None:
        cause = hangup_cause(status) if status else "failed"
        self._end(by, cause, status or None, CallRefused(CALLER_LEG, status, reason))

    def _give_up(self, status: int) -> None:
        if self.call is not None:
            call = self.call
            self._ground.work(lambda: call.end(status))

    def _end(self, by: Party, cause: str, status: int | None, event: Event | None) -> None:
        """It is over: told once, and nothing of it is kept."""
        self._over = True
        host = self._ground.host
        host.observe(LegEnded(host.now(), self.id, by, cause, status))
        if event is not None:
            self._deliver(event)
        self._speech.end(_GONE)
        self.inbox = None
        if self.call is not None:
            self._ground.work(self.call.close)
        self._ground.forget(self)

    def _deliver(self, event: Event) -> None:
        if self.inbox is not None:
            self.inbox.deliver(event)


class _Mouth:
    """A `Speaker`: what is heard of it goes out by the call."""

    def __init__(self, call: Call, soon: Callable[[Callable[[], None]], None]) -> None:
        self._call = call
        self._soon = soon

    def play(self, prompt: Prompt, done: Callable[[Ended], None], /) -> Playing:
        """Lets it be heard now."""
        playing = _Spoken(self._call, done, self._soon)
        self._call.sound.play(prompt.pcmu, playing.on_end)
        return playing


class _Spoken:
    """A prompt that is heard."""

    def __init__(
        self, call: Call, done: Callable[[Ended], None], soon: Callable[[Callable[[], None]], None]
    ) -> None:
        self._call = call
        self._done: Callable[[Ended], None] | None = done
        self._soon = soon
        self.on_end = self._told  # one object: `Sound.stop` knows it again

    def stop(self) -> None:
        """Ends it now."""
        self._call.sound.stop(self.on_end)
        self._finish(Ended.STOPPED)

    def _told(self) -> None:
        self._soon(lambda: self._finish(Ended.FINISHED))

    def _finish(self, how: Ended) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(how)


def _ignore(_result: Result) -> None:
    """What became of an answer that nobody asked for by name: `Speech` tells its end."""
